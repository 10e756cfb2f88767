"""What has to be said first of a programme: everything that is open, the gravest on top."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blackstart.report.drills import Drill, Drills
from blackstart.report.quantities import counted, plain
from blackstart.report.scorecard import regressions
from blackstart.report.scorecard.due import Planned
from blackstart.report.scorecard.measures import Series
from blackstart.report.standing import Standing, standing


@dataclass(frozen=True)
class Point:
    """One open point: grave where something is wrong, not grave where something is owed or not known."""

    text: str
    grave: bool


def points(
    drills: Drills, series: Sequence[Series], planned: Sequence[Planned], untested: Sequence[str]
) -> list[Point]:
    """Return all open points, the grave ones first."""
    found = [
        *(Point(f"{one.name} cannot be read: {one.why}.", grave=True) for one in drills.unreadable),
        *_left(drills.readable),
        *_missed(series),
        *_worse(series),
        *(Point(one.text, grave=False) for one in planned if one.owed),
        *(Point(f"Never tested: {one}", grave=False) for one in untested),
        *_open(series),
    ]
    return sorted(found, key=lambda point: not point.grave)


def _left(found: Sequence[Drill]) -> Iterator[Point]:
    for drill in found:
        now = standing(drill.verdict)
        if now.key in {"broken", "holding"}:
            yield Point(f"{drill.name}: {now.lead} Next: {now.next_step}", grave=True)


def _missed(series: Sequence[Series]) -> Iterator[Point]:
    for one in series:
        if one.newest.outcome == "missed":
            yield Point(
                f"{one.experiment} missed its objectives the last time it was drilled ({_day(one.newest)}).", True
            )


def _worse(series: Sequence[Series]) -> Iterator[Point]:
    for one in series:
        for measure in one.measures:
            for told in regressions.told(measure):
                if told.alarm:
                    yield Point(f"{one.experiment}, {measure.name}: {told.text}", grave=True)


def _open(series: Sequence[Series]) -> Iterator[Point]:
    for one in series:
        if not one.newest.decided:
            yield Point(
                f"{one.experiment} decided nothing the last time: {one.newest.outcome} ({_day(one.newest)}).", False
            )


def _day(drill: Drill) -> str:
    return f"{drill.started:%Y-%m-%d}"


def headline(found: Sequence[Point], with_programme: bool) -> Standing:
    """Return how the programme stands. Green needs a programme to be measured by, and nothing open."""
    grave = sum(point.grave for point in found)
    if grave:
        lead = f"{counted(grave, 'point')} {'needs' if grave == 1 else 'need'} action"
        rest = (
            f", {len(found) - grave} more {'is' if len(found) - grave == 1 else 'are'} open"
            if len(found) > grave
            else ""
        )
        return Standing("missed", "Action needed", "!", f"{lead}{rest}.")
    if found:
        lead = (
            f"{counted(len(found), 'point')} {'is' if len(found) == 1 else 'are'} open; nothing is known to be wrong."
        )
        return Standing("inconclusive", "Open points", "?", lead)
    if not with_programme:
        lead = "The newest drill of every kind met its objectives. Without a programme nobody knows what is owed."
        return Standing("unplanned", "No programme", "–", plain(lead))
    return Standing(
        "met", "Nothing open", "✓", "Every planned drill is in time, and the newest of each kind met its objectives."
    )
