"""Recovery: how long after the fault, the first failure or the declaration every instrument was well again for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blackstart.judge.interval import Interval, first_of, last_of, sum_of
from blackstart.judge.outages import Latency, Outage, find, last_good, widest_hole_ns
from blackstart.judge.series import Judged


@dataclass(frozen=True)
class Seen:
    """What one instrument saw of the drill.

    ``before`` are outages that had begun before the fault, ``during`` those that the fault or the recovery made,
    ``afterwards`` those since the drill began to put things back. ``hole_ns`` is the longest outage that it could
    have missed; None where it has too few good probes to tell.
    """

    before: tuple[Outage, ...]
    during: tuple[Outage, ...]
    afterwards: tuple[Outage, ...]
    hole_ns: int | None

    @property
    def outages(self) -> tuple[Outage, ...]:
        known = [*self.before, *self.during, *self.afterwards]
        return tuple(outage for i, outage in enumerate(known) if outage not in known[:i])


@dataclass(frozen=True)
class Recovery:
    """Instants on the monotonic clock. ``end`` is None where not every instrument recovered for good.

    ``failed`` tells whether any outage was seen, ``not_before`` bounds the recovery from below in any case;
    ``downtime`` is that of the worst instrument.
    """

    failed: bool

    fault: Interval
    first_failure: Interval | None
    declared: Interval | None
    end: Interval | None
    not_before: int
    downtime: Interval | None

    def clocks(self) -> dict[str, Interval | None]:
        """Return the recovery time by each clock; None where its zero or the recovery was not seen.

        Where no instrument saw a failure, the time since the first one is that of an outage too short to be seen.
        """
        zeros = {"from_fault": self.fault, "from_first_failure": self.first_failure, "from_declaration": self.declared}
        found = {
            name: None if zero is None or self.end is None else self.end.since(zero) for name, zero in zeros.items()
        }
        return found if self.failed else {**found, "from_first_failure": self.downtime}


def look(series: Judged, fault: Interval, put_back_ns: int | None, stable_ns: int) -> Seen:
    """Find the outages of one instrument and tell which belong to the disaster.

    ``put_back_ns`` is when rollbacks or failback began: what they break, or mend, is not the recovery's.
    """
    calm = Latency.before(series, fault.earliest)
    if put_back_ns is None:
        drill, afterwards = find(series, stable_ns, calm), []
    else:
        first, second = _split(series, put_back_ns)
        drill = find(first, stable_ns, calm, min(put_back_ns, _end(series)))
        afterwards = find(second, stable_ns, calm)
    before = [o for o in drill if o.surely_by < fault.earliest]
    during = [o for o in drill if o.end is None or o.end.latest >= fault.earliest]
    until = _end(series) if put_back_ns is None else put_back_ns
    return Seen(tuple(before), tuple(during), tuple(afterwards), widest_hole_ns(series, fault.earliest, until))


def recover(seen: Mapping[str, Seen], fault: Interval, declared: Interval | None) -> Recovery:
    """Put the instruments together: recovered means reads and writes, so the latest of their ends counts.

    An instrument that saw no outage may have missed one no longer than its widest hole after the fault.
    """
    during = [outage for view in seen.values() for outage in view.during]
    starts = [outage.start for outage in during]
    known = [start for start in starts if start is not None]
    ends = [_end_of(view, fault) for view in seen.values()]
    whole = [end for end in ends if end is not None]
    return Recovery(
        failed=bool(during),
        fault=fault,
        first_failure=first_of(known) if known and len(known) == len(starts) else None,
        declared=declared,
        end=last_of(whole) if whole and len(whole) == len(ends) else None,
        not_before=max([fault.earliest, *(outage.not_before for outage in during)]),
        downtime=downtime(list(seen.values())),
    )


def _end_of(view: Seen, fault: Interval) -> Interval | None:
    if not view.during:
        hole = view.hole_ns
        return None if hole is None else Interval.between(fault.earliest, fault.latest + hole, fault.point)
    ends = [outage.end for outage in view.during if outage.end is not None]
    return last_of(ends) if len(ends) == len(view.during) else None


def downtime(views: Sequence[Seen]) -> Interval | None:
    """Return the downtime of the worst instrument, its outages added up."""
    totals = []
    for view in views:
        each = [outage.downtime for outage in view.during]
        known = [time for time in each if time is not None]
        if len(known) < len(each) or (not each and view.hole_ns is None):
            return None
        totals.append(sum_of(known) if known else Interval(0, 0, view.hole_ns or 0))
    return last_of(totals) if totals else None


def _split(series: Judged, at_ns: int) -> tuple[Judged, Judged]:
    """Part the probes: those that the putting back may have spoilt go to it, with the last good one before them."""
    later = (series.sent >= at_ns) | (~series.good & (series.surely_by >= at_ns))
    if not later.any():
        return series, series.where(later)
    before = last_good(series, int(later.argmax()))
    second = later.copy()
    if before is not None:
        second[before] = True
    return series.where(~later), series.where(second)


def _end(series: Judged) -> int:
    return int(series.sent[-1]) + series.step_ns if len(series) else 0
