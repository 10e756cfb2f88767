"""Wakes a pacer's owner at every tick of the pacer, on the event loop."""

import asyncio
import time
from collections.abc import Callable

from blackstart.observer.pace import Pacer


class Ticker:
    """Calls ``turn(now_ns)`` whenever the pacer's next tick has become due."""

    def __init__(self, pacer: Pacer, turn: Callable[[int], None]) -> None:
        self._pacer = pacer
        self._turn = turn
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the pacer's first tick may lie in the future."""
        self._loop = loop
        self._wait()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _wait(self) -> None:
        wait_ns = max(0, self._pacer.next_ns - time.monotonic_ns())
        # The loop's grain is a millisecond and it rounds: half of one more spares a turn that comes too early.
        self._timer = self._loop.call_later(wait_ns / 1e9 + 0.0005, self._due)

    def _due(self) -> None:
        self._turn(time.monotonic_ns())
        if self._timer is not None:
            self._wait()
