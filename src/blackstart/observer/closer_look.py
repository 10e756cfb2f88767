"""Looking closer while an outage lasts: extra probes between the ticks, within a budget.

How exactly an outage's end is known depends on the probes around it, so they may come faster while there is an end to
wait for. The ticks go on as ever; an extra probe that finds no room is left out and leaves no trace.
"""

import asyncio
from collections.abc import Callable, Iterable

from blackstart.observer.pace import Pacer
from blackstart.observer.plan import Adaptive
from blackstart.observer.ticker import Ticker

CALM_NS = 1_000_000_000
"""How long after the last sign of trouble it goes on: what comes back often goes again at once."""
_FADE = 256  # the slowest good answer is forgotten by this part with each further one
_BURST_S = 0.02


class Budget:
    """At most so many extra probes a second, of all canaries together."""

    def __init__(self, most_per_s: int) -> None:
        self._per_ns = most_per_s / 1e9
        self._most = max(1.0, most_per_s * _BURST_S)
        self._left = self._most
        self._since_ns = 0

    def take(self, now_ns: int) -> bool:
        """Take one; return whether there was one."""
        self._left = min(self._most, self._left + (now_ns - self._since_ns) * self._per_ns)
        self._since_ns = now_ns
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Suspicion:
    """Whether there is an outage to look at: a probe went wrong a moment ago, or one waits for unusually long.

    The latter because a target that hangs shows its first failure only when a probe's time is over. What never was
    well, as an entry point that stands by, has no outage.
    """

    def __init__(self, interval_ns: int, slo_ns: int) -> None:
        self._least_ns, self._slo_ns = 2 * interval_ns, slo_ns
        self._slowest_ns = 0
        self._bad_ns: int | None = None
        self._was_well = False

    def good(self, latency_ns: int) -> None:
        self._was_well = True
        self._slowest_ns = max(latency_ns, self._slowest_ns - self._slowest_ns // _FADE)

    def bad(self, now_ns: int) -> None:
        self._bad_ns = now_ns

    def stirred(self, waiting_since_ns: Iterable[int], now_ns: int) -> bool:
        """Return whether to look closer now; ``waiting_since_ns`` has the oldest probe under way first."""
        if not self._was_well:
            return False
        patience_ns = min(self._slo_ns, max(self._least_ns, 4 * self._slowest_ns))
        if any(now_ns - since > patience_ns for since in _first(waiting_since_ns)):
            self._bad_ns = now_ns
        return self._bad_ns is not None and now_ns - self._bad_ns <= CALM_NS


class CloserLook:
    """Sends extra probes from ``begin`` to ``end``; ``send(scheduled_ns)`` is asked only where the budget allows."""

    def __init__(self, plan: Adaptive, budget: Budget, ticks: Pacer, send: Callable[[int], None]) -> None:
        self._interval_ns = plan.interval_ms * 1_000_000
        self._budget, self._ticks, self._send = budget, ticks, send
        self._ticker: Ticker | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, now_ns: int) -> None:
        """Look closer from now on, if it would be closer than the ticks and is not so already."""
        if self._ticker is None and self._interval_ns < self._ticks.interval_ns:
            self._pacer = Pacer.every(self._interval_ns, now_ns, late_ns=0)
            self._ticker = Ticker(self._pacer, self._turn)
            self._ticker.start(loop)

    def end(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        self._ticker = None

    def _turn(self, now_ns: int) -> None:
        overdue, due = self._pacer.turn(now_ns)
        ticks = [*overdue, *due]
        # One that is late is as good: its own time of sending counts. What was missed is not made up for in a burst.
        if not ticks:
            return
        scheduled_ns = self._pacer.scheduled(ticks[-1])
        if not self._beside_a_tick(scheduled_ns) and self._budget.take(now_ns):
            self._send(scheduled_ns)

    def _beside_a_tick(self, scheduled_ns: int) -> bool:
        after_ns = (scheduled_ns - self._ticks.start_ns) % self._ticks.interval_ns
        return 2 * min(after_ns, self._ticks.interval_ns - after_ns) < self._interval_ns


def _first(values: Iterable[int]) -> Iterable[int]:
    for value in values:
        return (value,)
    return ()
