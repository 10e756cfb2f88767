"""When the observer itself stood still: what it stamped then says little of the system."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]

PERIOD_NS = 100_000_000
"""How often the observer's loop writes a heartbeat."""


def _none() -> Times:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Stalls:
    """Spans [from, to) in monotonic nanoseconds, in order and apart from each other."""

    start: Times = field(default_factory=_none)
    end: Times = field(default_factory=_none)

    @classmethod
    def from_heartbeats(cls, beats: Times) -> "Stalls":
        """Take gaps of more than one and a half periods as stalls, from the beat that was due to the one that came."""
        late = np.flatnonzero(np.diff(beats) > PERIOD_NS * 3 // 2)
        return cls(beats[late] + PERIOD_NS, beats[late + 1])

    def at_most(self) -> "Stalls":
        """Return them as long as they can have been: one may have begun right after the last beat before it."""
        return Stalls(self.start - PERIOD_NS, self.end)

    def within(self, start: Times, end: Times) -> Times:
        """Return how many nanoseconds of each span [start, end] the observer stood still."""
        return self._before(np.maximum(start, end)) - self._before(start)

    def longest(self, start: int, end: int) -> int:
        """Return the longest stall that touches [start, end], in nanoseconds."""
        touching = (self.end > start) & (self.start < end)
        return int((self.end - self.start)[touching].max(initial=0))

    def _before(self, moments: Times) -> Times:
        """Return the time stood still before each moment: whole stalls, and the part of one under way."""
        if not self.start.size:
            return np.zeros(np.shape(moments), dtype=np.int64)
        whole = np.concatenate([[0], np.cumsum(self.end - self.start)]).astype(np.int64)
        index = np.searchsorted(self.start, moments, side="right")
        last = np.maximum(index - 1, 0)
        unfinished = np.where(index > 0, np.maximum(self.end[last] - moments, 0), 0)
        return np.asarray(whole[index] - unfinished, dtype=np.int64)
