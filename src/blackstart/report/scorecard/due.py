"""What is owed: planned drills and their dates, objectives that no drill has ever tested."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from blackstart.programme import PlannedDrill, Programme
from blackstart.report.drills import Drill
from blackstart.report.quantities import asked, counted, part, plain


@dataclass(frozen=True)
class Planned:
    """One planned drill: the last one that decided, when the next is due, and how that stands."""

    experiment: str
    every_days: int
    last: Drill | None
    due: date | None
    overdue_days: int
    undecided_since: int

    @property
    def state(self) -> str:
        if self.last is None:
            return "never decided" if self.undecided_since else "never run"
        return "overdue" if self.overdue_days else "in time"

    @property
    def owed(self) -> bool:
        return self.state != "in time"

    @property
    def text(self) -> str:
        late = f"{self.experiment} is {counted(self.overdue_days, 'day')} overdue: it was due on {self.due}"
        told = {
            "never run": f"{self.experiment} was never run",
            "never decided": f"{self.experiment} never decided in {counted(self.undecided_since, 'drill')}",
            "overdue": late,
            "in time": f"{self.experiment} is due on {self.due}",
        }
        return f"{told[self.state]} (planned every {counted(self.every_days, 'day')})."


def planned(programme: Programme | None, found: Sequence[Drill], now: datetime) -> list[Planned]:
    """Return every planned drill. Only a drill that decided, met or missed, starts the next interval."""
    if programme is None:
        return []
    own = [drill for drill in found if drill.system == programme.system]
    return [
        _planned(one, [drill for drill in own if drill.experiment == one.experiment], now) for one in programme.drills
    ]


def _planned(one: PlannedDrill, found: Sequence[Drill], now: datetime) -> Planned:
    last = next((drill for drill in reversed(found) if drill.decided), None)
    since = sum(last is None or drill.started > last.started for drill in found)
    due = None if last is None else last.started.date() + timedelta(days=one.every_days)
    late = 0 if due is None else max(0, (now.date() - due).days)
    return Planned(plain(one.experiment, 80), one.every_days, last, due, late, since)


def unplanned(programme: Programme | None, found: Sequence[Drill]) -> list[str]:
    """Return the experiments that were run but stand in no plan."""
    if programme is None:
        return []
    names = {drill.experiment for drill in programme.drills}
    return sorted({drill.experiment for drill in found if drill.system == programme.system} - names)


def never_tested(programme: Programme | None, found: Sequence[Drill]) -> list[str]:
    """Return each objective that no drill has decided, a sentence each."""
    decided = [drill for drill in found if drill.decided]
    if programme is None:
        return list(dict.fromkeys(_own(found, decided)))
    own = [drill for drill in decided if drill.system == programme.system]
    return list(dict.fromkeys([*_asked(programme, own), *_own(found, decided)]))


def _asked(programme: Programme, decided: Sequence[Drill]) -> Iterator[str]:
    for one in programme.drills:
        same = [drill for drill in decided if drill.experiment == one.experiment]
        targets = programme.targets(one.experiment)
        yield from _untested(one.experiment, targets.rto_s, targets.rpo_s, same)
    stores = {name: store.rpo_s for name, store in programme.objectives.stores.items()}
    for drill in programme.drills:
        stores |= {name: store.rpo_s for name, store in (drill.objectives.stores if drill.objectives else {}).items()}
    read = {name for drill in decided for name in drill.stores}
    for name, limit in stores.items():
        if name not in read:
            yield f"Data loss of {plain(name, 60)} (at most {asked(limit)}): no drill has read that store back."


def _own(found: Sequence[Drill], decided: Sequence[Drill]) -> Iterator[str]:
    """Yield the objectives that the experiments declare and that none of their drills has decided."""
    for experiment in sorted({drill.experiment for drill in found}):
        newest = next(drill for drill in reversed(found) if drill.experiment == experiment)
        same = [drill for drill in decided if drill.experiment == experiment]
        limits = [newest.objectives.get(name) for name in ("rto_s", "rpo_s")]
        rto_s, rpo_s = (float(limit) if isinstance(limit, int | float) else None for limit in limits)
        yield from _untested(experiment, rto_s, rpo_s, same)
        for limit, field, what in OTHERS:
            if newest.objectives.get(limit) is not None and all(drill.verdict.get(field) is None for drill in same):
                yield f"{experiment}: {what} has never been decided by a drill."


OTHERS = (("failed_requests", "failed_requests", "the number of failed requests"), ("warm_s", "warm", "latency"))
"""Objective, the verdict's field that answers it, and its name for people."""


def _untested(experiment: str, rto_s: float | None, rpo_s: float | None, same: Sequence[Drill]) -> Iterator[str]:
    name = plain(experiment, 80)
    if rto_s is not None and not any(part(drill.rto(), "latest_s") is not None for drill in same):
        yield f"{name}: recovery time (at most {asked(rto_s)}) has never been decided by a drill."
    if rpo_s is not None and not any(part(drill.rpo, "latest_s") is not None for drill in same):
        yield f"{name}: data loss (at most {asked(rpo_s)}) has never been decided by a drill."
