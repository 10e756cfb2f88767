"""The phase timeline: from the fault to recovery, each phase with its bounds and its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.axis import Axis, Tick
from blackstart.report.quantities import after, bounds, plain
from blackstart.report.record import Record

NAMES = {
    "fault": "Fault injected",
    "first_failure": "First failure seen",
    "detected": "Detected",
    "declared": "Disaster declared",
    "decided": "Failover decided",
    "promoted": "Standby promoted",
    "capacity": "Capacity ready",
    "routed": "Traffic routed",
    "recovered": "Recovered",
    "warm": "Warm again",
    "soaked": "Soak ended",
    "failed_back": "Failed back",
}
# A drill without failback or without a warm-up target has not failed to observe them.
ALWAYS = (
    "fault",
    "first_failure",
    "detected",
    "declared",
    "decided",
    "promoted",
    "capacity",
    "routed",
    "recovered",
    "warm",
)
SAME = {
    "fault_injected": "fault",
    "injected": "fault",
    "first_failure_seen": "first_failure",
    "failback": "failed_back",
}


@dataclass(frozen=True)
class Phase:
    """One row: words for the table, percents for the picture (None: not observed)."""

    key: str
    name: str
    at: str
    bounds: str
    source: str
    point: float | None = None
    low: float | None = None
    high: float | None = None
    beyond: bool = False

    @property
    def seen(self) -> bool:
        return self.point is not None


@dataclass(frozen=True)
class Timeline:
    """All phases on one axis."""

    phases: tuple[Phase, ...]
    ticks: tuple[Tick, ...]
    zero: float

    @property
    def beyond(self) -> bool:
        return any(phase.beyond for phase in self.phases)


def key(name: Any) -> str:
    """Return the phase's one name."""
    text = str(name)
    return SAME.get(text, text)


def instants(record: Record) -> dict[str, dict[str, float]]:
    """Return point, earliest and latest of each observed phase, in seconds from the page's zero."""
    found: dict[str, dict[str, float]] = {}
    for phase in record.verdict.get("phases") or []:
        at = record.relative(phase.get("at"))
        if at:
            found[key(phase.get("name"))] = at
    return found


def timeline(record: Record) -> Timeline:
    """Return the phases in the order of a recovery, those nobody observed included."""
    seen = instants(record)
    sources = {key(phase.get("name")): phase.get("source") for phase in record.verdict.get("phases") or []}
    order = [name for name in NAMES if name in ALWAYS or name in seen]
    order += [name for name in seen if name not in NAMES]
    axis = Axis.over(_extent(seen), margin=0.04)
    rows = tuple(_phase(name, seen.get(name), sources.get(name), axis) for name in order)
    return Timeline(rows, tuple(axis.ticks()), axis.percent(0.0))


def _extent(seen: Mapping[str, Mapping[str, float]]) -> list[float]:
    """Return the instants that the picture spans: up to shortly after the recovery: a long soak would squeeze it."""
    every = [value for at in seen.values() for value in at.values()]
    last = max(seen["recovered"].values()) if "recovered" in seen else max(every, default=1.0)
    return [0.0, *(value for value in every if value <= 1.25 * last)]


def _phase(name: str, at: Mapping[str, float] | None, source: Any, axis: Axis) -> Phase:
    title = NAMES.get(name, plain(name, 60).replace("_", " ").capitalize())
    told = plain(source, 120) if source else ""
    if not at:
        return Phase(name, title, "not observed", "", told)
    point, low, high = (axis.percent(at.get(side, at["point_s"])) for side in ("point_s", "earliest_s", "latest_s"))
    beyond = at["point_s"] > axis.end_s
    return Phase(name, title, after(at["point_s"]), bounds(at), told, point, low, high, beyond)
