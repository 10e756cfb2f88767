"""When to send: absolute times, whatever the answers do. Pure: the time is an argument."""

import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

LEAST_LATENESS_NS = 5_000_000  # an event loop's own grain: no host can promise less


class Turn(NamedTuple):
    """What one look at the clock finds due: ticks that are too late to count, and ticks to send now."""

    overdue: range
    send: range


@dataclass
class Pacer:
    """Tick *i* is due at ``start_ns + i * interval_ns``; sent more than ``late_ns`` after that, it doesn't count.

    An open loop: a slow target delays no tick, so it cannot hide its own slowness. What the *observer* missed
    is kept as stalls, because answers measured across one say nothing about the target.
    """

    start_ns: int
    interval_ns: int
    late_ns: int
    index: int = 0
    stalls: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=256))

    @classmethod
    def every(cls, interval_ns: int, start_ns: int = 0, late_ns: int = LEAST_LATENESS_NS) -> "Pacer":
        """Return a pacer whose ticks may be late by half an interval, or by ``late_ns`` where that is more."""
        return cls(start_ns, interval_ns, max(interval_ns // 2, late_ns))

    @property
    def next_ns(self) -> int:
        """When the next tick is due."""
        return self.scheduled(self.index)

    def scheduled(self, tick: int) -> int:
        return self.start_ns + tick * self.interval_ns

    def turn(self, now_ns: int) -> Turn:
        """Return the ticks that have become due since the last turn."""
        due = max(self.index, self._first_after(now_ns))
        on_time = min(due, max(self.index, self._first_after(now_ns - self.late_ns - 1)))
        if on_time > self.index:
            self.stalls.append((self.next_ns, now_ns))
        turn = Turn(range(self.index, on_time), range(on_time, due))
        self.index = due
        return turn

    def stalled_ns(self, since_ns: int, until_ns: int) -> int:
        """Return for how long the observer stalled in between; a stall may not have come to a ``turn`` yet."""
        unnoticed = [(self.next_ns, until_ns)] if until_ns - self.next_ns > self.late_ns else []
        return sum(
            max(0, min(end, until_ns) - max(start, since_ns)) for start, end in itertools.chain(self.stalls, unnoticed)
        )

    def _first_after(self, instant_ns: int) -> int:
        """Return the first tick that is due later than that."""
        return (instant_ns - self.start_ns) // self.interval_ns + 1
