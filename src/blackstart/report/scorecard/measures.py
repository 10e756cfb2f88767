"""The drills that may be counted together, and what was measured in each of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from blackstart.programme import Programme
from blackstart.report import drills
from blackstart.report.drills import Drill
from blackstart.report.quantities import part
from blackstart.report.standing import CLOCKS


@dataclass(frozen=True)
class Value:
    """One drill's measurement: an interval, or None where it was not measured."""

    drill: Drill
    found: Any

    @property
    def latest_s(self) -> float | None:
        return part(self.found, "latest_s")

    @property
    def counted_s(self) -> float | None:
        """The latest bound, where the drill decided: the rest is shown, and no statistics rest on it."""
        return self.latest_s if self.drill.decided else None


@dataclass(frozen=True)
class Measure:
    """One objective over all drills of a series, oldest first; ``target_s`` None where nobody asked for anything."""

    key: str
    name: str
    note: str
    target_s: float | None
    target_by: str
    values: tuple[Value, ...]

    @property
    def counted_s(self) -> list[float]:
        """The latest bounds of the drills that decided, oldest first."""
        return [value.counted_s for value in self.values if value.counted_s is not None]

    @property
    def within(self) -> int:
        """How many drills decided, and met the target by their latest bound."""
        return 0 if self.target_s is None else sum(value <= self.target_s for value in self.counted_s)


@dataclass(frozen=True)
class Series:
    """All drills of one system, experiment and surroundings, oldest first; those that were refused are apart."""

    system: str
    experiment: str
    surroundings: str
    drills: tuple[Drill, ...]
    refused: tuple[Drill, ...]
    measures: tuple[Measure, ...]

    @property
    def newest(self) -> Drill:
        return (self.drills or self.refused)[-1]

    @property
    def tally(self) -> Counter[str]:
        return Counter(drill.outcome for drill in (*self.drills, *self.refused))

    @property
    def met(self) -> int:
        return self.tally["met"]


def every(found: Sequence[Drill], programme: Programme | None) -> Iterator[Series]:
    """Yield each series of the drills, by system, experiment and surroundings."""
    for (system, experiment, surroundings), both in drills.series(found):
        happened = tuple(drill for drill in both if drill.happened)
        refused = tuple(drill for drill in both if not drill.happened)
        measures = _measures(happened, programme if programme and programme.system == system else None)
        yield Series(system, experiment, surroundings, happened, refused, measures)


def _measures(found: tuple[Drill, ...], programme: Programme | None) -> tuple[Measure, ...]:
    if not found:
        return ()
    newest = found[-1]
    clock = newest.clock
    rto = tuple(Value(drill, drill.rto(clock)) for drill in found)
    rpo = tuple(Value(drill, drill.rpo) for drill in found)
    return (
        Measure("rto", "Recovery time (RTO)", CLOCKS[clock], *target("rto_s", newest, programme), rto),
        Measure("rpo", "Data loss (RPO)", "age of the oldest lost write", *target("rpo_s", newest, programme), rpo),
    )


def target(name: str, newest: Drill, programme: Programme | None) -> tuple[float | None, str]:
    """Return what is asked now and by whom: the programme before the newest drill's own objective."""
    asked = getattr(programme.targets(newest.experiment), name) if programme else None
    if asked is not None:
        return float(asked), "the programme"
    own = newest.objectives.get(name)
    return (float(own), "the newest drill") if isinstance(own, int | float) else (None, "")
