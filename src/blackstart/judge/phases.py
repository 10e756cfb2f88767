"""Phases: when each step from the fault to the warm standby happened, with its bounds and who says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from blackstart.judge.acts import Act
from blackstart.judge.interval import Interval, as_json
from blackstart.judge.series import Judged

ALWAYS: Final = (
    "fault_injected", "first_failure", "detected", "declared", "decided",
    "promoted", "capacity", "routed", "recovered", "warm",
)  # fmt: skip
IF_THERE: Final = ("soaked", "failed_back")
WARM_PROBES: Final = 20
WARM_FACTOR: Final = 1.5
GRAIN_NS: Final = 5_000_000
"""An event loop's own grain: a host that is shared promises no less, and no client feels it."""


@dataclass(frozen=True)
class Phase:
    """One phase; ``at`` is an instant on the monotonic clock, None where nobody observed it."""

    name: str
    at: Interval | None
    source: str | None

    def as_json(self, zero_ns: int) -> dict[str, Any]:
        at = None if self.at is None else self.at.shifted(zero_ns)
        return {"name": self.name, "at": as_json(at), "source": self.source}


def told(events: Iterable[Mapping[str, Any]]) -> dict[str, Phase]:
    """Return the phases that the drill itself recorded; the first word on each counts."""
    found: dict[str, Phase] = {}
    for event in events:
        at = event.get("at")
        if isinstance(at, int):
            bounds = Interval.between(_known(event, "earliest", at), _known(event, "latest", at), at)
            phase = Phase(str(event.get("name")), bounds, event.get("source"))
            found.setdefault(phase.name, phase)
    return found


def in_order(*sources: Mapping[str, Phase]) -> list[Phase]:
    """Return all phases in their order, each as the source has it that proves it first."""
    found: dict[str, Phase] = {}
    for source in sources:
        for name, phase in source.items():
            known = found.get(name)
            if known is None or latest(phase) < latest(known):
                found[name] = phase
    names = [*ALWAYS, *(name for name in IF_THERE if name in found)]
    return [found.get(name, Phase(name, None, None)) for name in names]


def decided(acts: Iterable[Act], fault: Interval) -> Phase | None:
    """Return when somebody began to recover: the first recovery step that was intended after the fault."""
    for act in acts:
        began, done = act.intended.get("t"), act.done_at
        if act.role == "recovery" and done is not None and isinstance(began, int) and began >= fault.earliest:
            return Phase("decided", Interval.between(began, done.earliest, done.earliest), f"undo log: {act.name}")
    return None


def routed(series: Judged, endpoint: int, after_ns: int, usual_ns: int) -> Phase | None:
    """Return when an entry point first sent a probe to the standby after the fault."""
    there = np.flatnonzero((series.served_by == endpoint) & (series.sent >= after_ns) & series.good)
    if not there.size:
        return None
    first = int(there[0])
    before = int(series.sent[first - 1]) if first else after_ns
    done = int(series.done[first])
    at = Interval.between(max(before, after_ns), done, done - usual_ns)
    return Phase("routed", at, f"canary {series.name}: first answer from the standby")


def promoted(writes: Judged, endpoint: int, fault: Interval) -> Phase | None:
    """Return when the standby first acknowledged a write: it had been promoted by then, never surely earlier."""
    there = (writes.served_by == endpoint) & (writes.sent >= fault.latest) & writes.good
    if not there.any():
        return None
    first = int(writes.done[there].min())
    at = Interval.between(fault.earliest, first, first)
    return Phase("promoted", at, f"ledger {writes.name}: first write acknowledged by the standby")


def warm(series: Judged, fault_ns: int, recovered: Interval, stable_ns: int = 0) -> Phase | None:
    """Return when 95 of 100 probes were again answered about as fast as before the fault.

    They must stay so for the stabilisation window (at least WARM_PROBES), which is dated back to its first probe.
    """
    latency = series.done - series.sent
    calm = latency[series.good & (series.sent < fault_ns) & ~series.extra]
    later = np.flatnonzero(series.good & (series.sent >= recovered.earliest) & ~series.extra)
    count = max(WARM_PROBES, -(-stable_ns // series.step_ns) if series.step_ns else 0)
    if len(calm) < WARM_PROBES or len(later) < count:
        return None
    bound = float(np.percentile(calm, 95)) * WARM_FACTOR + GRAIN_NS
    slow = np.concatenate([[0], np.cumsum(latency[later] > bound)])
    fast = np.flatnonzero(slow[count:] - slow[:-count] <= count // 20)
    if not fast.size:
        return None
    # The first probe of the run dates it: no later than its answer, no earlier than the probe before it was slow.
    first = later[fast[0]]
    before = recovered.earliest if not fast[0] else int(series.sent[later[fast[0] - 1]])
    # And nothing is warm before it has recovered.
    low, high = max(before, recovered.earliest), max(int(series.done[first]), recovered.latest)
    at = Interval.between(low, high, max(int(series.sent[first]), recovered.point))
    return Phase("warm", at, f"canary {series.name}: p95 of {count} probes within {bound / 1e6:.1f} ms")


def latest(phase: Phase) -> float:
    """Return by when the phase had surely come; infinity where nobody observed it."""
    return float("inf") if phase.at is None else phase.at.latest


def _known(event: Mapping[str, Any], key: str, otherwise: int) -> int:
    found = event.get(key)
    return found if isinstance(found, int) else otherwise
