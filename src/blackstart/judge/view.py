"""A record as the judge sees it: which probes count, the outages, the recovery and what became of the stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blackstart.judge import phases
from blackstart.judge.acts import fault_instant
from blackstart.judge.incidents import Incident, incidents, recovered, worst
from blackstart.judge.interval import NS, Interval
from blackstart.judge.objectives import CLOCKS, clock_of, number
from blackstart.judge.outages import Latency
from blackstart.judge.phases import Phase
from blackstart.judge.record import Record
from blackstart.judge.recovery import Recovery, Seen, look
from blackstart.judge.series import Judged, judged
from blackstart.judge.stores import Store, of_ledger, recovers_in
from blackstart.judge.wall_clock import by_wall_clock

STABLE_S = 5.0
"""The stabilisation window where the objectives name none."""
NEVER = Interval.exactly(2**62)


@dataclass(frozen=True)
class View:
    """What was derived from one record. ``seen`` and ``judged`` are by instrument; None is what was not observed.

    ``recovery`` is that of the incident that took longest by the objective's clock.
    """

    record: Record
    judged: Mapping[str, Judged] = field(default_factory=dict)
    fault: Interval | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict)
    told: Mapping[str, Phase] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    recovery: Recovery | None = None
    stores: tuple[Store, ...] = ()

    @property
    def rests_on(self) -> dict[str, Seen]:
        """What the instruments saw that the objectives rest on, as far as they recorded anything."""
        names = [str(item.get("name")) for item in self.record.instruments if item.get("rests_on")]
        return {name: self.seen[name] for name in names if name in self.seen}

    @property
    def failed_requests(self) -> int | None:
        """How many requests failed from the fault on, of the instruments that the objectives rest on; None: unknown."""
        planned = [item for item in self.record.instruments if item.get("rests_on")]
        if self.fault is None or not planned or len(self.rests_on) < len(planned):
            return None
        return sum(self.judged[name].failed_since(self.fault.earliest) for name in self.rests_on)

    @property
    def good_before(self) -> dict[str, int]:
        """How many probes of each instrument were good before the fault, as its own rate has them."""
        until = (self.fault or NEVER).earliest
        return {name: it.at_own_rate(it.good & (it.done < until)) for name, it in self.judged.items()}


def of_record(record: Record) -> View:
    """Derive everything from a record that can be derived."""
    stalls = record.stalls
    counted = {name: judged(series, stalls) for name, series in record.series.items()}
    counted = {name: series for name, series in counted.items() if len(series)}
    fault = fault_instant(record.acts)
    stable = stabilisation_ns(record)
    put_back = put_back_at(record)
    seen = {name: look(series, fault or NEVER, put_back, stable) for name, series in counted.items()}
    told = phases.told(record.phases)
    view = View(record, counted, fault, seen, told)
    found = _incidents(view, NEVER.point if put_back is None else put_back)
    recovery = worst(
        [it.recovery for it in found if it.recovery], CLOCKS.get(clock_of(record.objectives), "from_fault")
    )
    fault = found[0].at if found else fault
    return View(record, counted, fault, seen, told, found, recovery, _stores(record, fault))


def stabilisation_ns(record: Record) -> int:
    """Return how long all must stay good before it counts as recovered."""
    stable_s = number(record.objectives.get("stabilisation_s"))
    return round((STABLE_S if stable_s is None else stable_s) * NS)


def put_back_at(record: Record) -> int | None:
    """Return when rollbacks or failback began, None where they did not: from then on, nothing is the recovery's.

    What is put back within the method belongs to the drill: a fault that heals, a step that is taken back.
    """
    activities = record.named("activity")
    begun = [it.get("started") for it in activities if it.get("section") in ("rollbacks", "failback")]
    method = [(it.get("started"), it.get("ended")) for it in activities if it.get("section") == "method"]
    spans = [(a, b) for a, b in method if isinstance(a, int) and isinstance(b, int)]
    acts = [act.intended.get("t") for act in record.acts if act.role in ("failback", "undo")]
    begun += [at for at in acts if isinstance(at, int) and not any(a <= at <= b for a, b in spans)]
    return min((at for at in begun if isinstance(at, int)), default=None)


def observed_phases(view: View) -> list[Phase]:
    """Return all phases: what the drill recorded, else what the instruments show."""
    found: list[Phase | None] = []
    if view.fault is not None:
        at = struck(view) or view.fault
        found.append(Phase("fault_injected", at, "undo log"))
        found += [phases.decided(view.record.acts, at), *_first_failure(view), *_standby(view, view.fault)]
    if view.recovery is not None and view.recovery.end is not None:
        found += [Phase("recovered", view.recovery.end, ", ".join(view.rests_on)), *_warm(view, view.recovery.end)]
    observed = {phase.name: phase for phase in reversed(found) if phase is not None}
    told = _told(view)
    if view.recovery is not None:
        # What the drill told of warmth has been weighed against latency already.
        told.pop("warm", None)
    return phases.in_order(told, observed)


def struck(view: View) -> Interval | None:
    """Return when the fault was injected that counts: the last that is not after the beginning of the worst incident.

    The worst incident itself may have begun with a putting back within the method.
    """
    if view.recovery is None:
        return view.fault
    faults = [it.at for it in view.incidents if it.act.role == "fault"]
    return max(
        (at for at in faults if at.earliest <= view.recovery.fault.earliest),
        default=view.fault,
        key=lambda at: at.point,
    )


def _told(view: View) -> dict[str, Phase]:
    """Return what the drill told since the fault that counts, until the next, and of the whole drill."""
    since = struck(view)
    if since is None:
        return dict(view.told)
    later = [it.at.earliest for it in view.incidents if it.act.role == "fault" and it.at.earliest > since.earliest]
    until = min(later, default=NEVER.point)
    told = [it for it in view.record.phases if isinstance(it.get("at"), int)]
    own = [it for it in told if _reached(it) >= since.earliest and it["at"] < until]
    whole = {name: phase for name, phase in view.told.items() if name in phases.IF_THERE}
    return {**phases.told(own), **whole}


def _reached(phase: Mapping[str, Any]) -> int:
    """Return up to when a recorded phase may have come; its own instant, if it is one of the monotonic clock."""
    return int(phase["latest"] if by_wall_clock(phase) and isinstance(phase.get("latest"), int) else phase["at"])


def warm_time(view: View) -> Interval | None:
    """Return how long after the fault that counts the service was warm; None where nobody saw it."""
    warm = next((phase.at for phase in observed_phases(view) if phase.name == "warm"), None)
    fault = struck(view)
    return None if warm is None or fault is None else warm.since(fault)


def _incidents(view: View, end_ns: int) -> tuple[Incident, ...]:
    planned = [item for item in view.record.instruments if item.get("rests_on")]
    if view.fault is None:
        return ()
    found = incidents(view.record)
    if not planned or len(view.rests_on) < len(planned):
        return tuple(found)
    declared = view.told.get("declared")
    at = None if declared is None else declared.at
    return tuple(recovered(each, view.rests_on, view.judged, end_ns, at) for each in found)


def _stores(record: Record, fault: Interval | None) -> tuple[Store, ...]:
    ledgers = [item for item in record.instruments if item.get("kind") == "ledger"]
    failback = next((act.done_at for act in record.acts if act.role == "failback" and act.done_at), None)
    return tuple(store for item in ledgers for store in of_ledger(record, item, fault, failback))


def _first_failure(view: View) -> list[Phase]:
    if view.recovery is None or view.recovery.first_failure is None:
        return []
    starts = [(o.start.point, name) for name, it in view.rests_on.items() for o in it.during if o.start is not None]
    return [Phase("first_failure", view.recovery.first_failure, min(starts)[1])]


def _standby(view: View, fault: Interval) -> list[Phase | None]:
    regions: Mapping[str, Any] = (view.record.run.get("environment") or {}).get("regions") or {}
    if regions.get("standby") not in view.record.regions:
        return []
    endpoint = view.record.regions.index(regions["standby"]) + 1
    reads = [it for name, it in view.judged.items() if name in view.rests_on and not _writes(view, name)]
    # Pods of the standby that write to the primary's database prove no promotion.
    moved = recovers_in(view.record) == "standby"
    writes = [it for name, it in view.judged.items() if _writes(view, name) and moved]
    return [
        *(phases.routed(it, endpoint, fault.earliest, Latency.before(it, fault.earliest).usual) for it in reads),
        *(phases.promoted(it, endpoint, fault) for it in writes),
    ]


def _warm(view: View, well_again: Interval) -> list[Phase | None]:
    """Return warmth by latency; where a probe of the drill told of it too (of a cache), the later of both counts."""
    fault = view.fault or NEVER
    stable_ns = stabilisation_ns(view.record)
    reads = [view.judged[name] for name in view.rests_on if not _writes(view, name)]
    found = [phases.warm(series, fault.earliest, well_again, stable_ns) for series in reads]
    told, known = _told(view).get("warm"), [phase for phase in found if phase is not None]
    if told is None or len(known) < len(found):
        return found
    return [max([told, *known], key=phases.latest)]


def _writes(view: View, name: str) -> bool:
    return view.record.series[name].kind == "ledger"
