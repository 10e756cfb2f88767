"""Everything that a scorecard says, worked out once for the page and for the JSON."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from blackstart.programme import Programme
from blackstart.report.drills import Drills
from blackstart.report.scorecard import attention, due, measures, pairs
from blackstart.report.scorecard.attention import Point
from blackstart.report.scorecard.due import Planned
from blackstart.report.scorecard.measures import Series
from blackstart.report.scorecard.pairs import Pair
from blackstart.report.standing import Standing


@dataclass(frozen=True)
class Card:
    """A programme over time, at one moment."""

    drills: Drills
    programme: Programme | None
    written: datetime
    series: tuple[Series, ...]
    planned: tuple[Planned, ...]
    unplanned: tuple[str, ...]
    untested: tuple[str, ...]
    pairs: tuple[Pair, ...]
    points: tuple[Point, ...]
    standing: Standing

    @property
    def tally(self) -> Counter[str]:
        return Counter(drill.outcome for drill in self.drills.readable)


def card(found: Drills, programme: Programme | None, now: datetime) -> Card:
    """Return the scorecard of a folder's drills as of ``now`` (UTC)."""
    series = tuple(measures.every(found.readable, programme))
    planned = tuple(due.planned(programme, found.readable, now))
    untested = tuple(due.never_tested(programme, found.readable))
    unplanned = tuple(due.unplanned(programme, found.readable))
    points = tuple(attention.points(found, series, planned, untested))
    standing = attention.headline(points, programme is not None and bool(programme.drills))
    both = tuple(pairs.pairs(series))
    return Card(found, programme, now, series, planned, unplanned, untested, both, points, standing)
