"""The phases from the fault to recovery, each with its bounds and its source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.axis import Axis
from blackstart.report.quantities import after, bounds, part, plain
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
    """One row of the table, in words."""

    key: str
    name: str
    at: str
    bounds: str
    source: str
    seen: bool = False


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


def timeline(record: Record) -> list[Phase]:
    """Return the phases in the order of a recovery, those nobody observed included."""
    seen = instants(record)
    sources = {key(phase.get("name")): phase.get("source") for phase in record.verdict.get("phases") or []}
    order = [name for name in NAMES if name in ALWAYS or name in seen]
    order += [name for name in seen if name not in NAMES]
    return [_phase(name, seen.get(name), sources.get(name)) for name in order]


def spans(record: Record, axis: Axis) -> list[tuple[str, float, float]]:
    """Return the parts of the run: what each is called, from when and until when (seconds from the page's zero)."""
    seen = instants(record)
    if "fault" not in seen:
        return [("in the run", axis.start_s, axis.end_s + 1)]
    struck = seen["fault"]["point_s"]
    if "recovered" not in seen:
        return [("before the fault", axis.start_s, struck), ("after the fault", struck, axis.end_s + 1)]
    back = seen["recovered"]["point_s"]
    return [
        ("before the fault", axis.start_s, struck),
        ("until recovered", struck, back),
        ("after the recovery", back, axis.end_s + 1),
    ]


def axis_of(record: Record, seen: Mapping[str, Mapping[str, float]]) -> Axis:
    """Return the axis of the recovery: up to shortly after it, for a long soak would squeeze what matters."""
    every = [value for at in seen.values() for value in at.values()]
    answered = list(_answered(record))
    last = max(seen["recovered"].values()) if "recovered" in seen else max(every, default=1.0)
    last = max(1.0, 1.5 * last, 1.1 * max(answered, default=0.0))
    return Axis.over([0.0, *answered, *(value for value in every if value <= last)], margin=0.04)


def _answered(record: Record) -> Iterator[float]:
    """Yield until when each fault of the drill was answered by a recovery."""
    for one in record.verdict.get("recoveries") or []:
        at = record.relative(one.get("at"))
        if at:
            yield at["point_s"] + (part(one.get("rto"), "latest_s") or 0.0)


def _phase(name: str, at: Mapping[str, float] | None, source: Any) -> Phase:
    title = NAMES.get(name, plain(name, 60).replace("_", " ").capitalize())
    told = plain(source, 120) if source else ""
    if not at:
        return Phase(name, title, "not observed", "", told)
    return Phase(name, title, after(at["point_s"]), bounds(at), told, True)
