"""The swimlanes: whose turn it was, from phase to phase, and within which bounds each phase is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from blackstart.report import phases
from blackstart.report.axis import Axis, Tick
from blackstart.report.phases import NAMES
from blackstart.report.quantities import after, bounds, part, plain, seconds
from blackstart.report.record import Record

Instants = Mapping[str, Mapping[str, float]]
LANES = {
    "fault": "Fault",
    "decision": "Detection and decision",
    "database": "Database",
    "capacity": "Capacity",
    "traffic": "Traffic",
    "service": "Service",
}
WORK = {
    "detected": ("decision", "detected"),
    "declared": ("decision", "declared"),
    "decided": ("decision", "decided"),
    "promoted": ("database", "promoted"),
    "capacity": ("capacity", "capacity ready"),
    "routed": ("traffic", "routed"),
}
"""The phases that somebody has to bring about: the lane, and the word for its end. Each begins where one ended."""
MOST_FAULTS = 12


@dataclass(frozen=True)
class Bar:
    """From one instant to another, in percent; ``low`` and ``high`` bound its end. ``look`` names its pattern."""

    look: str
    left: float
    right: float
    low: float
    high: float
    label: str
    text: str
    beyond: bool = False

    @property
    def anchor(self) -> str:
        """Where the label has room: from the bar's left, or up to its right end."""
        return "start" if self.left < 48 else "end"

    @property
    def label_at(self) -> float:
        return self.left if self.anchor == "start" else max(self.right, self.high)


@dataclass(frozen=True)
class Lane:
    """One lane and its bars in order; without a bar, nothing in it was observed."""

    key: str
    name: str
    bars: tuple[Bar, ...]

    @property
    def text(self) -> str:
        return f"{self.name}: " + ("; ".join(bar.text for bar in self.bars) or "not observed")


@dataclass(frozen=True)
class Swimlanes:
    """All lanes on one axis; ``limit`` is where the objective for the recovery time stands, None outside of it."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    zero: float
    limit: float | None


def swimlanes(record: Record) -> Swimlanes:
    """Return every lane; an instant that was not observed leaves its bar out."""
    seen = phases.instants(record)
    axis = phases.axis_of(record, seen)
    found: dict[str, list[Bar]] = {key: [] for key in LANES}
    found["fault"] += _faults(record, axis)
    for lane, bar in _work(seen, axis):
        found[lane].append(bar)
    found["service"] += _service(seen, axis)
    lanes = tuple(Lane(key, LANES[key], tuple(bars)) for key, bars in found.items())
    return Swimlanes(lanes, tuple(axis.ticks()), axis.percent(0.0), _limit(record, axis))


def _limit(record: Record, axis: Axis) -> float | None:
    objectives = record.verdict.get("objectives") or {}
    asked = objectives.get("rto_s")
    by_fault = objectives.get("rto_clock", "fault") == "fault" and record.fault_ns is not None
    return axis.percent(float(asked)) if by_fault and isinstance(asked, int | float) and asked <= axis.end_s else None


def _faults(record: Record, axis: Axis) -> Iterator[Bar]:
    struck = [one for one in record.verdict.get("faults") or [] if one.get("role", "fault") == "fault"]
    ends = record.faults_ended_ns()
    for fault, ended_ns in zip(struck[:MOST_FAULTS], [*ends, *[None] * len(struck)], strict=False):
        at = record.relative(fault.get("injected_at"))
        if at:
            yield _fault(axis, plain(fault.get("target") or "fault", 60), at, record.offset_s(ended_ns))


def _fault(axis: Axis, target: str, at: Mapping[str, float], ended_s: float | None) -> Bar:
    end = axis.end_s if ended_s is None else ended_s
    told = "not ended on record" if ended_s is None else f"ended {after(round(ended_s, 3))}"
    left, low, high = (axis.percent(at.get(side, at["point_s"])) for side in ("point_s", "earliest_s", "latest_s"))
    words = f"{target}: in force since {after(at['point_s'])} (bounds {bounds(at)}), {told}"
    name = target.partition(",")[0]
    return Bar("fault", left, axis.percent(end), low, high, f"{name[:34]} · {told}", words, end > axis.end_s)


def _work(seen: Instants, axis: Axis) -> Iterator[tuple[str, Bar]]:
    """Yield a bar for each phase that was brought about, from the end of the one before it in time."""
    order = sorted((key for key in ("fault", *WORK) if key in seen), key=lambda key: seen[key]["point_s"])
    for before, key in zip([None, *order], order, strict=False):
        if key not in WORK:
            continue
        lane, word = WORK[key]
        if before is None or ("fault" in seen and seen[key]["point_s"] < seen["fault"]["point_s"]):
            yield lane, _earlier(axis, seen, key, f"{word} before the fault" if "fault" in seen else word)
        else:
            yield lane, _bar(axis, seen, before, key, "work", f"{word} after {_took(seen, before, key)}")


def _earlier(axis: Axis, seen: Instants, key: str, label: str) -> Bar:
    """Return the bar of what nothing came before: it is as long as its bounds."""
    at = seen[key]
    point, low, high = (axis.percent(at.get(side, at["point_s"])) for side in ("point_s", "earliest_s", "latest_s"))
    return Bar("work", low, point, low, high, label, f"{label}, at {after(at['point_s'])} (bounds {bounds(at)})")


def _service(seen: Instants, axis: Axis) -> Iterator[Bar]:
    since = "first_failure" if "first_failure" in seen else "fault"
    if since in seen and "recovered" in seen:
        took = seen["recovered"]["point_s"] - seen[since]["point_s"]
        look, label = ("outage", f"outage of {seconds(took)}") if took > 0 else ("cold", "no outage seen")
        yield _bar(axis, seen, since, "recovered", look, label)
    if "recovered" in seen and "warm" in seen:
        yield _bar(axis, seen, "recovered", "warm", "cold", f"slow for {_took(seen, 'recovered', 'warm')}")


def _took(seen: Instants, since: str, until: str) -> str:
    return seconds(max(0.0, seen[until]["point_s"] - seen[since]["point_s"]))


def _bar(axis: Axis, seen: Instants, since: str, until: str, look: str, label: str) -> Bar:
    at = seen[until]
    left, right = axis.percent(seen[since]["point_s"]), axis.percent(at["point_s"])
    low, high = (axis.percent(at["point_s"] if (side := part(at, name)) is None else side) for name in _SIDES)
    words = f"{label}, from {NAMES[since].lower()} to {NAMES[until].lower()} at {after(at['point_s'])}"
    around = f" (bounds {bounds(at)})" if bounds(at) else ""
    return Bar(look, left, max(left, right), low, high, label, words + around, at["point_s"] > axis.end_s)


_SIDES = ("earliest_s", "latest_s")
