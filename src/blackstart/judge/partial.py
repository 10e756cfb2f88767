"""Partial failure: some requests failed, others did not. Between which edges, and how many.

The edges are those of the maximum-sum interval (Kadane's algorithm) over log-likelihood weights: each failure speaks
for the interval by how much likelier it is in there than in calm times, each good answer against it. A lone failure
beside the dense ones is left out. Below 5 % of failures chance alone moves the edges too far: then there are none.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blackstart.judge.interval import Interval, as_json
from blackstart.judge.series import Flags, Judged

CALM_RATIO: Final = 0.001
"""How many requests may fail in calm times: as many as nobody would call a failure of the service."""
LEAST_RATIO: Final = 0.05
MOST_RATIO: Final = 0.95
"""Where more fails, it is an outage, and what was good in it are flaps."""
CONFIDENCE: Final = 0.95
_ROUNDS: Final = 8


@dataclass(frozen=True)
class PartialFailure:
    """``failed`` of ``probes`` requests of the canary's own rate; ``start`` and ``end`` are None below 5 % of them.

    A partial failure begins some probes before the first one that it hits, so each edge is known with 95 % confidence.
    """

    failed: int
    probes: int
    start: Interval | None = None
    end: Interval | None = None

    @property
    def ratio(self) -> float:
        return self.failed / self.probes

    def as_json(self, zero_ns: int) -> dict[str, Any]:
        start, end = (None if at is None else at.shifted(zero_ns) for at in (self.start, self.end))
        return {
            "start": as_json(start),
            "end": as_json(end),
            "confidence": CONFIDENCE,
            "failed": self.failed,
            "probes": self.probes,
            "failed_ratio": round(self.ratio, 6),
        }


def partial_failure(series: Judged, first: int, last: int) -> PartialFailure | None:
    """Return what failed from an outage's first bad probe to its last; None where hardly anything in there was good."""
    inside = first + np.flatnonzero(~series.extra[first : last + 1])
    bad = ~series.good[inside]
    failed = int(np.count_nonzero(bad))
    if not failed or failed / len(bad) > MOST_RATIO:
        return None
    if failed / len(bad) < LEAST_RATIO:
        return PartialFailure(failed, len(bad))
    begin, stop = densest(bad)
    failed, probes = int(np.count_nonzero(bad[begin:stop])), stop - begin
    begins, ends = int(inside[begin]), int(inside[stop - 1])
    ratio, own = failed / probes, np.flatnonzero(~series.extra)
    return PartialFailure(failed, probes, _start(series, own, begins, ratio), _end(series, own, ends, ratio))


def densest(bad: Flags) -> tuple[int, int]:
    """Return the maximum-sum interval [begin, stop): weights follow its own ratio of failures until both agree."""
    begin, stop = 0, len(bad)
    for _ in range(_ROUNDS):
        ratio = min(MOST_RATIO, float(np.mean(bad[begin:stop])))
        found = maximum_sum(np.where(bad, math.log(ratio / CALM_RATIO), math.log((1 - ratio) / (1 - CALM_RATIO))))
        if found == (begin, stop):
            break
        begin, stop = found
    return begin, stop


def maximum_sum(weights: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Return the interval [begin, stop) whose weights add up to most (Kadane)."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    least = np.minimum.accumulate(sums)
    stop = int(np.argmax(sums[1:] - least[:-1])) + 1
    return int(np.argmin(sums[:stop])), stop


def _start(series: Judged, own: npt.NDArray[np.intp], first_bad: int, ratio: float) -> Interval:
    before = own[own < first_bad][-_spared(ratio) :]
    earliest = int(series.sent[before[0]]) if before.size else int(series.sent[first_bad])
    point = int(series.sent[first_bad]) - round((1 / ratio - 0.5) * series.step_ns)
    return Interval.between(earliest, int(series.surely_by[first_bad]), point)


def _end(series: Judged, own: npt.NDArray[np.intp], last_bad: int, ratio: float) -> Interval:
    after = own[own > last_bad][: _spared(ratio)]
    latest = int(series.done[after].max()) if after.size else int(series.done[last_bad])
    point = int(series.sent[last_bad]) + round((1 / ratio - 0.5) * series.step_ns)
    return Interval.between(int(series.sent[last_bad]), latest, point)


def _spared(ratio: float) -> int:
    """Return how many requests in a row a failure of that ratio may spare, but for one time in twenty."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - min(MOST_RATIO, ratio)))
