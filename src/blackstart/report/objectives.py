"""Objectives against results: what was asked, what was found, and where the bounds fall."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.axis import Axis, Tick
from blackstart.report.quantities import MISSING, after, asked, bounds, count, interval, part, plain, seconds
from blackstart.report.record import Record
from blackstart.report.standing import clock


@dataclass(frozen=True)
class Bullet:
    """A small picture: the objective's line, the point and its bounds, in percent."""

    objective: float
    point: float
    low: float
    high: float
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Row:
    """One objective; ``look`` is within, over, undecided, missing or plain (nothing was asked)."""

    name: str
    note: str
    asked: str
    found: str
    bounds: str
    look: str
    word: str
    bullet: Bullet | None = None
    text: str = ""


WORDS = {"within": "within", "over": "over", "undecided": "not decided", "missing": MISSING, "plain": "no objective"}


def rows(record: Record) -> list[Row]:
    """Return recovery time, warmth, failed requests, then each store's data loss and what was lost after the fault."""
    objectives = record.verdict.get("objectives") or record.run.get("objectives") or {}
    found = [_row("Recovery time (RTO)", clock(record.verdict), objectives.get("rto_s"), record.verdict.get("rto"))]
    found += _requests(record.verdict, objectives)
    for name, store in _stores(record.verdict, objectives):
        found.append(_loss_row(name, store, objectives))
        if store.get("lost_after_fault"):
            found.append(_late_row(name, store["lost_after_fault"], objectives))
    return found


def _requests(verdict: Mapping[str, Any], objectives: Mapping[str, Any]) -> Iterator[Row]:
    """Yield what is only there where it was asked for or measured."""
    if objectives.get("warm_s") is not None or verdict.get("warm") is not None:
        note = "from the fault until latency was back within its bound"
        yield _row("Warm again", note, objectives.get("warm_s"), verdict.get("warm"))
    limit, failed = objectives.get("failed_requests"), verdict.get("failed_requests")
    if limit is not None or failed is not None:
        look = "missing" if failed is None else "plain" if limit is None else "within" if failed <= limit else "over"
        wish = "none set" if limit is None else "none" if limit == 0 else f"≤ {count(limit)}"
        note = "probes and writes of the instruments that the objectives rest on"
        yield Row("Failed requests", note, wish, count(failed), "", look, WORDS[look])


def recoveries(record: Record) -> list[tuple[str, str, str, str]]:
    """Return each fault's target, when it struck, how long recovery and downtime were; [] for a drill of one fault."""
    found = [one for one in record.verdict.get("recoveries") or [] if isinstance(one, Mapping)]
    return [_recovery(record, one) for one in found] if len(found) > 1 else []


def _recovery(record: Record, one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    at = after(record.relative(one.get("at")).get("point_s"))
    return plain(one.get("fault") or "fault", 160), at, interval(one.get("rto")), interval(one.get("downtime"))


def _stores(verdict: Mapping[str, Any], objectives: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    stores = verdict.get("stores") or {}
    names = [*stores, *(name for name in objectives.get("stores") or {} if name not in stores)]
    return [(name, stores.get(name) or {}) for name in names]


def _loss_row(name: str, store: Mapping[str, Any], objectives: Mapping[str, Any]) -> Row:
    own = ((objectives.get("stores") or {}).get(name) or {}).get("rpo_s")
    limit = objectives.get("rpo_s") if own is None else own
    return _row(f"Data loss (RPO), {plain(name, 60)}", "age of the oldest lost write", limit, store.get("rpo"))


def _late_row(name: str, late: Mapping[str, Any], objectives: Mapping[str, Any]) -> Row:
    allowed = bool(objectives.get("lost_after_fault_allowed"))
    number = late.get("count")
    look = "missing" if number is None else "within" if allowed or number == 0 else "over"
    return Row(
        f"Lost after the fault, {plain(name, 60)}",
        "acknowledged after the fault, then lost",
        "allowed" if allowed else "none",
        count(number),
        f"over {seconds(late['span_s'])}" if number and late.get("span_s") is not None else "",
        look,
        WORDS[look],
    )


def look_of(limit: Any, found: Any) -> str:
    """Return where the bounds fall: the latest within, the earliest over, or neither."""
    low, high = part(found, "earliest_s"), part(found, "latest_s")
    if low is None and high is None and part(found, "point_s") is None:
        return "missing"
    if limit is None:
        return "plain"
    if high is not None and high <= limit:
        return "within"
    return "over" if low is not None and low > limit else "undecided"


def _row(name: str, note: str, limit: Any, found: Any) -> Row:
    look = look_of(limit, found)
    wish = "none set" if limit is None else f"≤ {asked(limit)}"
    point = seconds(part(found, "point_s"))
    text = f"{name}: {interval(found)}; objective {wish}."
    return Row(name, note, wish, point, bounds(found), look, WORDS[look], _bullet(limit, found), text)


def _bullet(limit: Any, found: Any) -> Bullet | None:
    point = part(found, "point_s")
    if point is None or limit is None:
        return None
    low, high = (point if (side := part(found, name)) is None else side for name in ("earliest_s", "latest_s"))
    axis = Axis(0.0, 1.18 * max(float(limit), point, high) or 1.0)
    # This axis counts from zero to the result: its labels are spans, not instants.
    ticks = tuple(Tick(tick.percent, tick.label.lstrip("+"), tick.anchor, tick.minor) for tick in axis.ticks(5))
    return Bullet(axis.percent(float(limit)), axis.percent(point), axis.percent(low), axis.percent(high), ticks)
