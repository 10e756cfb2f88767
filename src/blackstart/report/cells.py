"""Answers by time, put into so few cells that a page can draw any number of them."""

import numpy as np
from numpy.typing import NDArray

from blackstart.report.axis import Axis
from blackstart.report.quantities import NANOSECONDS
from blackstart.report.seen import BAD, GOOD, NOTHING, UNSENT, Answers

CELLS = 600
NO_DATA, ALL_GOOD, MIXED, ALL_BAD, NOT_SENT = range(5)
USUAL = 10_000  # answers that are enough to tell their usual distance

Cells = NDArray[np.int64]


def states(answers: Answers, axis: Axis, zero_ns: int, cells: int = CELLS) -> Cells:
    """Return each cell's state. A bad answer among good ones makes the cell MIXED: none is averaged away."""
    tallies = np.zeros((NOTHING + 1, cells + 1), np.int64)
    for part in answers.parts():
        both = part.outcomes.astype(np.int64) * (cells + 1) + places(part.times_ns, axis, zero_ns, cells)
        tallies += np.bincount(both, minlength=tallies.size).reshape(tallies.shape)
    good, bad, unsent = (tallies[outcome, :cells] > 0 for outcome in (GOOD, BAD, UNSENT))
    found = np.select([good & bad, bad, good, unsent], [MIXED, ALL_BAD, ALL_GOOD, NOT_SENT], NO_DATA)
    return _carried(found.astype(np.int64), NO_DATA, _reach(answers, axis, cells))


def servers(answers: Answers, axis: Axis, zero_ns: int, regions: int, cells: int = CELLS) -> Cells:
    """Return who gave most of each cell's good answers: the region's index plus one, 0 for nobody known."""
    tallies = np.zeros((cells + 1, regions + 1), np.int64)
    for part in answers.parts():
        usable = part.where((part.outcomes == GOOD) & (part.served_by > 0) & (part.served_by <= regions))
        both = places(usable.times_ns, axis, zero_ns, cells) * (regions + 1) + usable.served_by
        tallies += np.bincount(both, minlength=tallies.size).reshape(tallies.shape)
    return _carried(tallies[:cells].argmax(axis=1).astype(np.int64), 0, _reach(answers, axis, cells))


def places(times_ns: NDArray[np.int64], axis: Axis, zero_ns: int, cells: int) -> Cells:
    """Return each instant's cell; one outside of the axis goes to the extra cell behind the last."""
    start_ns = zero_ns + round(axis.start_s * NANOSECONDS)
    width_ns = max(1, round(axis.width_s * NANOSECONDS))
    # In floats: the product of a long run and many cells is beyond an integer's 64 bits, and division is faster.
    place = np.floor((times_ns - start_ns) * (cells / width_ns)).astype(np.int64)
    place[times_ns == start_ns + width_ns] = cells - 1
    return np.where((place < 0) | (place > cells), cells, place)


def _reach(answers: Answers, axis: Axis, cells: int) -> int:
    """Return for how many cells an answer speaks: twice the usual distance to the next, then silence is silence."""
    early = answers.where(slice(0, USUAL))
    times_ns = np.sort(early.times_ns[early.outcomes != NOTHING])
    if len(times_ns) < 2:
        return 1
    distance_ns = float(np.median(np.diff(times_ns)))
    return 1 + int(2 * distance_ns / (axis.width_s * NANOSECONDS / cells))


def _carried(found: Cells, nothing: int, reach: int) -> Cells:
    order = np.arange(found.size)
    last = np.maximum.accumulate(np.where(found != nothing, order, -1))
    near = (last >= 0) & (order - last <= reach)
    return np.where(near, found[np.maximum(last, 0)], nothing)
