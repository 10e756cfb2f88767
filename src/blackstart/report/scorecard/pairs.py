"""Manual against automated: the same disaster, moved by a runbook and moved by a controller, phase by phase."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from blackstart.report.axis import Axis, Tick
from blackstart.report.drills import Drill
from blackstart.report.phases import NAMES, instants
from blackstart.report.quantities import MISSING, after, bounds, plain, seconds
from blackstart.report.record import Record
from blackstart.report.scorecard.measures import Series

SUFFIX = "-automated"
Instants = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Lane:
    """One way of one phase: its instant in words, and its place in percent (None: not observed)."""

    at: str
    bounds: str
    point: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """One phase: both ways, and by how much the automated one was earlier or later."""

    name: str
    manual: Lane
    automated: Lane
    difference: str


@dataclass(frozen=True)
class Pair:
    """The newest drill that decided of each way, on one axis; +0 s is the fault in both."""

    system: str
    experiment: str
    surroundings: str
    manual: Drill
    automated: Drill
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]


def pairs(series: Sequence[Series]) -> list[Pair]:
    """Return a picture for each disaster that was drilled both ways in the same surroundings."""
    return [pair for manual in series for automated in series if (pair := _pair(manual, automated)) is not None]


def way(series: Series) -> str | None:
    """Return who moves the system: as recorded, or else by the experiment's name; None where neither tells."""
    recorded = {drill.failover for drill in series.drills} - {None}
    if len(recorded) == 1:
        return recorded.pop()
    return "automated" if series.experiment.endswith(SUFFIX) else "manual" if not recorded else None


def _pair(manual: Series, automated: Series) -> Pair | None:
    same = (manual.system, manual.surroundings) == (automated.system, automated.surroundings)
    named = automated.experiment == manual.experiment + SUFFIX
    if not (same and named and way(manual) == "manual" and way(automated) == "automated"):
        return None
    newest = [next((drill for drill in reversed(one.drills) if drill.decided), None) for one in (manual, automated)]
    if newest[0] is None or newest[1] is None:
        return None
    rows, ticks = _rows(*(instants(Record(drill.folder, drill.verdict, drill.run)) for drill in newest if drill))
    return Pair(manual.system, manual.experiment, manual.surroundings, newest[0], newest[1], rows, ticks)


def _rows(manual: Instants, automated: Instants) -> tuple[tuple[Row, ...], tuple[Tick, ...]]:
    axis = Axis.over([0.0, *_extent(manual), *_extent(automated)], margin=0.03)
    names = [name for name in NAMES if _shown(name, manual, automated)]
    rows = tuple(
        Row(
            NAMES[name],
            _lane(manual.get(name), axis),
            _lane(automated.get(name), axis),
            _difference(name, manual, automated),
        )
        for name in names
    )
    return rows, tuple(axis.ticks())


def _extent(seen: Instants) -> Iterator[float]:
    last = (
        max(seen["recovered"].values())
        if "recovered" in seen
        else max((max(at.values()) for at in seen.values()), default=1.0)
    )
    yield from (value for at in seen.values() for value in at.values() if value <= 1.25 * last)


def _shown(name: str, manual: Instants, automated: Instants) -> bool:
    return name not in {"soaked", "failed_back"} and (name in manual or name in automated)


def _lane(at: Mapping[str, float] | None, axis: Axis) -> Lane:
    if not at:
        return Lane("not observed", "")
    point, low, high = (axis.percent(at.get(side, at["point_s"])) for side in ("point_s", "earliest_s", "latest_s"))
    return Lane(after(at["point_s"]), bounds(at), point, low, high)


def _difference(name: str, manual: Instants, automated: Instants) -> str:
    if name not in manual or name not in automated:
        return MISSING
    one, other = manual[name], automated[name]
    least = other.get("earliest_s", other["point_s"]) - one.get("latest_s", one["point_s"])
    most = other.get("latest_s", other["point_s"]) - one.get("earliest_s", one["point_s"])
    if least <= 0 <= most:
        return "no difference shown"
    point = other["point_s"] - one["point_s"]
    return f"{seconds(abs(point))} {'later' if point > 0 else 'earlier'}"


def words(pair: Pair) -> str:
    """Return the whole picture in words."""
    told = (f"{row.name}: manual {row.manual.at}, automated {row.automated.at}, {row.difference}" for row in pair.rows)
    return plain("; ".join(told), 3000)
