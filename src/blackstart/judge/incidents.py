"""Incidents: the faults of a drill, each with the recovery that answers it.

A drill may disturb a system more than once. What follows a steady service is an incident of its own; what follows
anything else belongs to the incident before it, so that a disaster made of several faults counts from its first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from blackstart.judge.acts import Act
from blackstart.judge.interval import Interval, as_json
from blackstart.judge.outages import widest_hole_ns
from blackstart.judge.record import Record
from blackstart.judge.recovery import Recovery, Seen, recover
from blackstart.judge.series import Judged

DISTURBS = ("fault", "failback", "undo")
"""Roles of acts that may begin an incident: putting back within the method disturbs a system as well."""


@dataclass(frozen=True)
class Incident:
    """One disturbance: its first act, when that was, and when the next one began (None: none did)."""

    act: Act
    at: Interval
    until_ns: int | None = None
    recovery: Recovery | None = None

    def as_json(self, zero_ns: int, clock: str) -> dict[str, Any]:
        """Return what the verdict says of it; ``rto`` by the objective's clock."""
        rto = None if self.recovery is None else self.recovery.clocks().get(clock)
        return {
            "fault": self.act.intended.get("target"),
            "at": as_json(self.at.shifted(zero_ns)),
            "rto": as_json(rto),
            "downtime": None if self.recovery is None else as_json(self.recovery.downtime),
        }


def incidents(record: Record) -> list[Incident]:
    """Return the incidents of a drill in order: the first fault, and what disturbed a service that was steady again."""
    found: list[Incident] = []
    for act in record.acts:
        at = act.done_at
        if at is None or not _begins(act, at, found, record):
            continue
        if found:
            found[-1] = replace(found[-1], until_ns=at.earliest)
        found.append(Incident(act, at))
    return found


def recovered(
    incident: Incident, seen: Mapping[str, Seen], judged: Mapping[str, Judged], end_ns: int, declared: Interval | None
) -> Incident:
    """Return the incident with its recovery: of the outages that had begun before the next one."""
    until = end_ns if incident.until_ns is None else incident.until_ns
    own = {name: _within(view, judged[name], incident, until) for name, view in seen.items()}
    started = declared is not None and declared.latest >= incident.at.earliest
    follows = declared is not None and incident.until_ns is not None and declared.earliest >= incident.until_ns
    at = seen_to_bite(incident.at, own.values())
    return replace(incident, at=at, recovery=recover(own, at, declared if started and not follows else None))


def seen_to_bite(at: Interval, seen: Iterable[Seen]) -> Interval:
    """Return an act's instant with its point where clients first saw it bite, if that was within the act's bounds.

    A call may take long, and it is not known when in it the fault began: the bounds stay as they are. What was under
    way is cut off, so it was no earlier than the last good answer to what was sent before the first failure.
    """
    outages = [outage for view in seen for outage in view.during if outage.start is not None]
    if not outages:
        return at
    failed = min(outage.surely_by for outage in outages)
    answered = [outage.answered_until for outage in outages if outage.answered_until <= failed]
    bit = max([min(outage.start.point for outage in outages if outage.start), *answered])
    return Interval.between(at.earliest, at.latest, bit) if at.earliest <= bit <= at.latest else at


def worst(recoveries: Iterable[Recovery], clock: str) -> Recovery | None:
    """Return the recovery that took longest by a clock; one that was not seen to end is the longest."""
    every = [(it, it.clocks()[clock]) for it in recoveries]
    unseen = [it for it, time in every if time is None and not (clock == "from_declaration" and it.declared is None)]
    if unseen:
        return unseen[0]
    known = [(time.latest, time.point, it) for it, time in every if time is not None]
    if not known:
        return every[0][0] if every else None
    return max(known, key=lambda each: each[:2])[2]


def _begins(act: Act, at: Interval, found: list[Incident], record: Record) -> bool:
    if not found:
        return act.role == "fault"
    return act.role in DISTURBS and _in_method(at, record) and _was_steady(found[-1].at, at, record)


def _in_method(at: Interval, record: Record) -> bool:
    return any(start <= at.earliest <= end for start, end in _spans(record, None))


def _was_steady(since: Interval, until: Interval, record: Record) -> bool:
    """Tell whether a probe has seen the service steady between two acts."""
    names = (record.run.get("planned") or {}).get("steady_probes") or []
    return any(start >= since.latest and end <= until.latest for start, end in _spans(record, names))


def _spans(record: Record, names: list[str] | None) -> list[tuple[int, int]]:
    """Return from when to when the method's activities ran; of those names, only the ones that succeeded."""
    chosen = [
        (activity.get("started"), activity.get("ended"))
        for activity in record.named("activity")
        if activity.get("section") == "method"
        and (names is None or (activity.get("name") in names and activity.get("status") == "succeeded"))
    ]
    return [(start, end) for start, end in chosen if isinstance(start, int) and isinstance(end, int)]


def _within(view: Seen, series: Judged, incident: Incident, until_ns: int) -> Seen:
    during = tuple(
        outage
        for outage in view.during
        if (outage.end is None or outage.end.latest >= incident.at.earliest)
        and (incident.until_ns is None or outage.surely_by < incident.until_ns)
    )
    return replace(view, during=during, hole_ns=widest_hole_ns(series, incident.at.earliest, until_ns))
