"""What became of the acknowledged writes, store by store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.quantities import MISSING, count, interval, part, plain, seconds
from blackstart.report.record import Record
from blackstart.report.stores import lost, stores


@dataclass(frozen=True)
class Share:
    """A part of the picture: its look, width and place in percent, its legend."""

    look: str
    left: float
    width: float
    words: str


@dataclass(frozen=True)
class Loss:
    """One store's account: rows of (what, figure, meaning), and the picture of its writes."""

    store: str
    rows: tuple[tuple[str, str, str], ...]
    shares: tuple[Share, ...]
    text: str
    widened: bool = False


LEAST = 0.8
"""The least width of a part, in percent: a single lost write among a million still shows."""

FIGURES = (
    ("acknowledged", "Acknowledged", "writes that the system confirmed"),
    ("survived", "Survived", "of these, read back from the database after the recovery"),
    ("lost", "Lost", "acknowledged, and not in what was read back"),
    ("indeterminate", "Unknown", "writes whose answer never came: neither kept nor lost can be claimed"),
    ("recovered_unknown", "Unknown, but found", "unanswered writes that did reach the database"),
    ("holes", "Holes", "lost although a later write survived"),
    ("phantoms", "Phantoms", "found although refused or never sent: an alarm for correctness"),
    ("rolled_back", "Rolled back", "found in an older version than was acknowledged"),
    ("duplicates", "Duplicates", "found more than once"),
    ("divergent", "Divergent", "left only on the old primary"),
    ("split_brain", "Split brain", "confirmed after the promotion, and not in the promoted standby: an alarm"),
)


def losses(record: Record) -> list[Loss]:
    """Return the account of every store in the verdict."""
    return [_loss(name, store) for name, store in stores(record.verdict)]


def _loss(name: str, store: Mapping[str, Any]) -> Loss:
    shares = _shares(store)
    text = f"{plain(name, 60)}: " + ", ".join(share.words for share in shares)
    widened = any(share.width <= LEAST for share in shares)
    return Loss(plain(name, 60), tuple(_rows(store)), shares, text, widened)


def _rows(store: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    counted = [(title, _figure(store, field), meaning) for field, title, meaning in FIGURES]
    yield from counted[:3]
    yield "RPO achieved", interval(store.get("rpo")), "age of the oldest lost write when the fault struck"
    yield "Lost after the fault", _late(store), "confirmed after the fault, then lost"
    yield from counted[3:]
    yield "Engine's own gap", _gap(store.get("engine_gap")), "commits past the switch point"
    for metric, value in sorted((store.get("lag_metrics") or {}).items()):
        yield f"Metric {plain(metric, 80)}", _metric(value), "the service's own lag: not an RPO"


def _figure(store: Mapping[str, Any], field: str) -> str:
    return lost(store) if field == "lost" else figure(store.get(field))


def figure(value: Any) -> str:
    """Return a figure of the verdict: a count, a count with bounds, an interval, or "not measured"."""
    if not isinstance(value, Mapping):
        return count(value)
    if "point_s" in value:
        return interval(value)
    for key in ("count", "point", "commits", "transactions"):
        if key in value:
            return count(value[key])
    return ", ".join(f"{plain(key, 40)} {plain(MISSING if one is None else one, 60)}" for key, one in value.items())


def _gap(value: Any) -> str:
    """Return the engine's gap with its difference to the truth: the divergent writes, else the lost ones."""
    if not isinstance(value, Mapping):
        return figure(value)
    for other in ("divergent", "lost"):
        beyond = value.get(f"beyond_{other}")
        if isinstance(beyond, int):
            return f"{figure(value)} ({beyond:+d} beside the {other})" if beyond else f"{figure(value)}, as the {other}"
    return figure(value)


def _late(store: Mapping[str, Any]) -> str:
    late = store.get("lost_after_fault")
    if not isinstance(late, Mapping):
        return MISSING
    number = count(late.get("count"))
    return f"{number} over {seconds(late.get('span_s'))}" if late.get("count") else number


def _metric(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(_reading(str(key), one) for key, one in value.items()) or MISSING
    return MISSING if value is None else plain(value, 80)


def _reading(key: str, value: Any) -> str:
    beyond = part(value, "point_s") if key == "rpo_beyond_s" else None
    if beyond is None:
        return f"{plain(key, 40).replace('_', ' ')} {_metric(value)}"
    return f"the RPO is {seconds(abs(beyond))} {'more' if beyond > 0 else 'less'} than the last"


def _shares(store: Mapping[str, Any]) -> tuple[Share, ...]:
    parts = [(look, store.get(look) or 0) for look in ("survived", "lost", "indeterminate")]
    if store.get("acknowledged") is None or not any(number for _, number in parts):
        return ()
    widths = [max(LEAST, 100 * number / sum(size for _, size in parts)) if number else 0.0 for _, number in parts]
    scale = 100 / sum(widths)
    lefts = [sum(widths[:place]) * scale for place in range(len(widths))]
    words = {"survived": "survived", "lost": "lost", "indeterminate": "unknown"}
    return tuple(
        Share(look, round(left, 3), round(width * scale, 3), f"{number:,} {words[look]}")
        for (look, number), left, width in zip(parts, lefts, widths, strict=True)
        if number
    )
