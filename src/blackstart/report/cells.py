"""Answers by time, put into so few cells that a page can draw any number of them."""

import numpy as np
from numpy.typing import NDArray

from blackstart.report.axis import Axis
from blackstart.report.quantities import NANOSECONDS
from blackstart.report.seen import BAD, GOOD, UNSENT, Answers

CELLS = 600
NO_DATA, ALL_GOOD, MIXED, ALL_BAD, NOT_SENT = range(5)
USUAL = 10_000  # answers that are enough to tell their usual distance

Cells = NDArray[np.int64]


def states(answers: Answers, axis: Axis, zero_ns: int, cells: int = CELLS) -> Cells:
    """Return each cell's state. A bad answer among good ones makes the cell MIXED: none is averaged away."""
    place = _places(answers, axis, zero_ns, cells)
    good, bad, unsent = (
        np.bincount(place[answers.outcomes == outcome], minlength=cells)[:cells] > 0 for outcome in (GOOD, BAD, UNSENT)
    )
    found = np.select([good & bad, bad, good, unsent], [MIXED, ALL_BAD, ALL_GOOD, NOT_SENT], NO_DATA)
    return _carried(found.astype(np.int64), NO_DATA, _reach(answers, axis, cells))


def servers(answers: Answers, axis: Axis, zero_ns: int, regions: int, cells: int = CELLS) -> Cells:
    """Return who gave most of each cell's good answers: the region's index plus one, 0 for nobody known."""
    place = _places(answers, axis, zero_ns, cells)
    usable = (answers.outcomes == GOOD) & (answers.served_by > 0) & (answers.served_by <= regions)
    kinds = regions + 1
    both = place[usable] * kinds + answers.served_by[usable]
    tallies = np.bincount(both, minlength=(cells + 1) * kinds)[: cells * kinds].reshape(cells, kinds)
    return _carried(tallies.argmax(axis=1).astype(np.int64), 0, _reach(answers, axis, cells))


def _places(answers: Answers, axis: Axis, zero_ns: int, cells: int) -> Cells:
    """Return each answer's cell; one outside of the axis goes to the extra cell behind the last."""
    start_ns = zero_ns + round(axis.start_s * NANOSECONDS)
    width_ns = max(1, round(axis.width_s * NANOSECONDS))
    place = (answers.times_ns - start_ns) * cells // width_ns
    place[place == cells] = cells - 1
    return np.where((place < 0) | (place > cells), cells, place)


def _reach(answers: Answers, axis: Axis, cells: int) -> int:
    """Return for how many cells an answer speaks: twice the usual distance to the next, then silence is silence."""
    if len(answers) < 2:
        return 1
    distance_ns = float(np.median(np.diff(np.sort(answers.times_ns[:USUAL]))))
    return 1 + int(2 * distance_ns / (axis.width_s * NANOSECONDS / cells))


def _carried(found: Cells, nothing: int, reach: int) -> Cells:
    order = np.arange(found.size)
    last = np.maximum.accumulate(np.where(found != nothing, order, -1))
    near = (last >= 0) & (order - last <= reach)
    return np.where(near, found[np.maximum(last, 0)], nothing)
