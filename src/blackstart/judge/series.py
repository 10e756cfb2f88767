"""A series: what one instrument saw, probe by probe, whether it reads (a canary) or writes (the ledger)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from blackstart.history import Result
from blackstart.judge.stalls import Stalls, Times

CLEARLY_SHORT: Final = 0.9
"""A wait shorter than this part of what was allowed, once stalls are taken off, was no fair trial."""

PIECE: Final = 1 << 20
"""Probes looked at together: bounds the copies."""
NEVER_NS: Final = np.int64(np.iinfo(np.int64).max // 2)

Codes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Series:
    """Raw probes of one instrument in any order; times in monotonic nanoseconds, 0 for never.

    ``result`` holds `Result` values, ``served_by`` 1 + an index into ``regions`` (0: unknown), ``status`` the
    HTTP status, below 100 none.
    """

    name: str
    kind: str
    scheduled: Times
    sent: Times
    done: Times
    result: Codes
    served_by: npt.NDArray[np.uint16]
    status: npt.NDArray[np.uint16]
    regions: tuple[str, ...]
    slo_ns: int
    timeout_ns: int
    extra: Flags | None = None
    """Which probes came beyond the instrument's own rate; None: not one did."""


@dataclass(frozen=True)
class Judged:
    """The probes that are good or bad, in the order sent; skipped, invalid and unfair ones are left out.

    ``surely_by`` is for a bad probe the instant by which the system must have failed: had it been well until then,
    the probe would have been good. ``step_ns`` is the instrument's own interval, ``extra`` marks what came beside it.
    """

    name: str
    sent: Times
    done: Times
    good: Flags
    surely_by: Times
    result: Codes
    served_by: npt.NDArray[np.uint16]
    status: npt.NDArray[np.uint16]
    step_ns: int
    extra: Flags

    def __len__(self) -> int:
        return len(self.sent)

    def at_own_rate(self, chosen: Flags) -> int:
        """Count the chosen probes that came at the instrument's own rate.

        Extra probes in an outage ask more often, not for more clients; where only they were chosen, there was one.
        """
        return max(int(np.count_nonzero(chosen & ~self.extra)), min(1, int(np.count_nonzero(chosen))))

    def asked_since(self, ns: int) -> int:
        """Count what was asked from an instant on at the instrument's own rate."""
        return self.at_own_rate(self.surely_by >= ns)

    def failed_since(self, ns: int) -> int:
        """Count what failed from an instant on at the instrument's own rate."""
        return self.at_own_rate(~self.good & (self.surely_by >= ns))

    def where(self, chosen: Flags) -> "Judged":
        """Return the chosen probes only; neighbours are not copied."""
        rows = _neighbours(chosen)
        return Judged(
            self.name, self.sent[rows], self.done[rows], self.good[rows], self.surely_by[rows],
            self.result[rows], self.served_by[rows], self.status[rows], self.step_ns,
            self.extra[rows],
        )  # fmt: skip


def judged(series: Series, stalls: Stalls) -> Judged:
    """Sort out which probes count, put them in order, and bound each failure by the observer's own delays."""
    extra = np.zeros(len(series.sent), np.bool_) if series.extra is None else series.extra
    step_ns = _step(series.scheduled[~extra])
    order = _order(series, stalls)
    sent, done, surely_by = (np.empty(len(order), np.int64) for _ in range(3))
    for start in range(0, len(order), PIECE):
        piece = slice(start, start + PIECE)
        sent[piece], done[piece] = _times(series, order[piece])
        lag = np.maximum(0, sent[piece] - series.scheduled[order[piece]])
        slack = series.slo_ns + lag + stalls.within(sent[piece], np.minimum(done[piece], sent[piece] + series.slo_ns))
        surely_by[piece] = np.minimum(done[piece], sent[piece] + slack)
    result = series.result[order]
    return Judged(
        series.name, sent, done, result == Result.GOOD, surely_by, result,
        series.served_by[order], series.status[order], step_ns, extra[order],
    )  # fmt: skip


def _order(series: Series, stalls: Stalls) -> npt.NDArray[np.intp]:
    """Return where the probes that count are, in the order sent."""
    found, times = [], []
    for start in range(0, len(series.sent), PIECE):
        sent, done = _times(series, piece := slice(start, start + PIECE))
        counts = np.flatnonzero(_counts(series, piece, sent, done, stalls))
        found.append(counts + start)
        times.append(sent[counts])
    if not found:
        return np.zeros(0, np.intp)
    order = np.argsort(np.concatenate(times), kind="stable")
    return np.concatenate(found)[order]


def _times(series: Series, rows: slice | npt.NDArray[np.intp]) -> tuple[Times, Times]:
    """Return when some probes were sent, or should have been, and when they were done, or never will be."""
    sent, done = series.sent[rows], series.done[rows]
    return np.where(sent > 0, sent, series.scheduled[rows]), np.where(done > 0, done, NEVER_NS)


def _counts(series: Series, rows: slice, sent: Times, done: Times, stalls: Stalls) -> Flags:
    """Leave out a probe that never went out properly, or whose wait was the observer's own standstill."""
    result = series.result[rows]
    proper = (result != Result.SKIPPED) & (result != Result.INVALID) & (sent > 0)
    stood = stalls.within(sent, np.minimum(done, sent + series.timeout_ns * 2))
    waited = done - sent - stood
    answered_in_time = (result == Result.SLOW) & (waited <= series.slo_ns)
    allowed = min(series.slo_ns, series.timeout_ns) * CLEARLY_SHORT
    cut_short = (result == Result.TIMEOUT) & (waited < allowed)
    return np.asarray(proper & ~answered_in_time & ~cut_short, dtype=np.bool_)


def _step(scheduled: Times) -> int:
    """Return the usual time between two of its own probes, in nanoseconds; 0 for fewer than two.

    The instants are the caller's to lose: they are put in order where they lie.
    """
    scheduled.sort()
    steps = np.diff(scheduled)
    return int(np.median(steps, overwrite_input=True)) if len(steps) else 0


def _neighbours(chosen: Flags) -> slice | Flags:
    """Return neighbours as a slice, which makes no copy; others as they are given."""
    first, count = int(chosen.argmax()) if chosen.size else 0, int(np.count_nonzero(chosen))
    run = slice(first, first + count)
    return run if chosen[run].all() else chosen
