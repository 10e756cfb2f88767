"""What an observer says of each outage, against what is true."""

from collections.abc import Sequence
from typing import Any

from benchmarks.ground_truth.truth import TrueOutage
from benchmarks.instruments.observer import Bounded, Reply, SeenOutage, Sight

BEFORE_S, AFTER_S = 0.5, 3.0
"""How far from the truth something may lie that is still said of this outage and not of another one."""

ROUNDED_S = 1e-6
"""What blackstart states is rounded to microseconds."""


def compared(truth: Sequence[TrueOutage], sight: Sight) -> list[dict[str, Any]]:
    """Return a row an outage. Errors are seen − true; an outage that was not seen was said to last 0 s."""
    return [_row(outage, sight) for outage in truth]


def _row(true: TrueOutage, sight: Sight) -> dict[str, Any]:
    if sight.outages is None:
        seen_s = first_failure_to_first_success(true, sight.replies)
        return {"mode": true.mode, "missed": seen_s is None, "error_ms": _beside(seen_s or 0.0, *_lasted(true))}
    found = [outage for outage in sight.outages if _belongs(outage, true)]
    whole = _whole(found)
    if whole is None:
        return {
            "mode": true.mode,
            "missed": True,
            "error_ms": _beside(0.0, *_lasted(true)),
            "inside": None,
            "pieces": 0,
        }
    start, end, downtime = whole
    return {
        "mode": true.mode,
        "missed": False,
        "error_ms": _beside(downtime.point_s, *_lasted(true)),
        "start_error_ms": _beside(start.point_s, *_span(true.began_ns)),
        "end_error_ms": _beside(end.point_s, *_span(true.ended_ns)),
        "outside_ms": _outside(true, start, end, downtime),
        "bounds_ms": [_ms(downtime.earliest_s - true.lasted_s), _ms(downtime.latest_s - true.lasted_s)],
        "inside": not _outside(true, start, end, downtime),
        "pieces": len(found),
    }


def first_failure_to_first_success(true: TrueOutage, replies: Sequence[Reply]) -> float | None:
    """Return the usual figure: from the first reply that failed to the first one after it that did not."""
    near = [it for it in replies if true.began_s - BEFORE_S <= it.told_s <= true.ended_s + AFTER_S]
    failed = next((it.told_s for it in near if not it.good), None)
    if failed is None:
        return None
    good = next((it.told_s for it in near if it.good and it.told_s > failed), None)
    return None if good is None else good - failed


def _belongs(outage: SeenOutage, true: TrueOutage) -> bool:
    if outage.start is None or outage.end is None:
        return False
    return outage.start.point_s <= true.ended_s + AFTER_S and outage.end.point_s >= true.began_s - BEFORE_S


def _whole(found: Sequence[SeenOutage]) -> tuple[Bounded, Bounded, Bounded] | None:
    """Return start, end and downtime of what was seen, from the first piece's start to the last one's end."""
    if not found:
        return None
    start, end = found[0].start, found[-1].end
    assert start is not None
    assert end is not None
    if len(found) == 1 and found[0].downtime is not None:
        return start, end, found[0].downtime
    earliest_s = max(0.0, end.earliest_s - start.latest_s)
    return start, end, Bounded(end.point_s - start.point_s, earliest_s, end.latest_s - start.earliest_s)


def _outside(true: TrueOutage, start: Bounded, end: Bounded, downtime: Bounded) -> dict[str, float]:
    """Return by how much the truth, wherever in the interval of the server's switch it was, is outside of which."""
    over = {
        "start": start.missed_by_s(*_span(true.began_ns)),
        "end": end.missed_by_s(*_span(true.ended_ns)),
        "downtime": downtime.missed_by_s(*_lasted(true)),
    }
    return {name: _ms(seconds) for name, seconds in over.items() if seconds > ROUNDED_S}


def _span(switched_ns: tuple[int, int]) -> tuple[float, float]:
    return switched_ns[0] / 1e9, switched_ns[1] / 1e9


def _lasted(true: TrueOutage) -> tuple[float, float]:
    """Return how long it lasted, at least and at most: as far as the server itself knows."""
    (began, surely), (ending, ended) = _span(true.began_ns), _span(true.ended_ns)
    return ending - surely, ended - began


def _beside(seen_s: float, least_s: float, most_s: float) -> float:
    """Return seen − true in ms, from whichever truth in the interval is next to it."""
    return _ms(seen_s - min(max(seen_s, least_s), most_s))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
