"""A series: what one instrument saw, probe by probe, whether it reads (a canary) or writes (the ledger)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from blackstart.history import Result
from blackstart.judge.stalls import Stalls, Times

CLEARLY_SHORT: Final = 0.9
"""A wait shorter than this part of what was allowed, once stalls are taken off, was no fair trial."""

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
        """Return the chosen probes only."""
        return Judged(
            self.name, self.sent[chosen], self.done[chosen], self.good[chosen], self.surely_by[chosen],
            self.result[chosen], self.served_by[chosen], self.status[chosen], self.step_ns,
            self.extra[chosen],
        )  # fmt: skip


def judged(series: Series, stalls: Stalls) -> Judged:
    """Sort out which probes count, put them in order, and bound each failure by the observer's own delays."""
    sent = np.where(series.sent > 0, series.sent, series.scheduled)
    never = np.int64(np.iinfo(np.int64).max // 2)
    done = np.where(series.done > 0, series.done, never)
    order = np.argsort(sent, kind="stable")
    order = order[_counts(series, sent, done, stalls)[order]]
    sent, done, result = sent[order], done[order], series.result[order]
    extra = np.zeros(len(series.sent), np.bool_) if series.extra is None else series.extra
    lag = np.maximum(0, sent - series.scheduled[order])
    slack = series.slo_ns + lag + stalls.within(sent, np.minimum(done, sent + series.slo_ns))
    return Judged(
        series.name, sent, done, result == Result.GOOD, np.minimum(done, sent + slack), result,
        series.served_by[order], series.status[order], _step(series.scheduled[~extra]), extra[order],
    )  # fmt: skip


def _counts(series: Series, sent: Times, done: Times, stalls: Stalls) -> Flags:
    """Leave out a probe that never went out properly, or whose wait was the observer's own standstill."""
    proper = (series.result != Result.SKIPPED) & (series.result != Result.INVALID) & (sent > 0)
    stood = stalls.within(sent, np.minimum(done, sent + series.timeout_ns * 2))
    waited = done - sent - stood
    answered_in_time = (series.result == Result.SLOW) & (waited <= series.slo_ns)
    allowed = min(series.slo_ns, series.timeout_ns) * CLEARLY_SHORT
    cut_short = (series.result == Result.TIMEOUT) & (waited < allowed)
    return np.asarray(proper & ~answered_in_time & ~cut_short, dtype=np.bool_)


def _step(scheduled: Times) -> int:
    """Return the usual time between two of its own probes, in nanoseconds; 0 for fewer than two."""
    steps = np.diff(np.sort(scheduled))
    return int(np.median(steps)) if len(steps) else 0
