"""One direction of one connection: bytes in, the same bytes out, later or slower."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum

_SLACK_S = 0.0005
"""A timer that fires this much early is on time: the loop counts in milliseconds."""
_CATCH_UP_S = 0.02
"""How far pacing may catch up after a late timer."""
_HELD_BYTES = 32 << 20
"""What one delayed direction may hold: a second at 32 MB/s. More makes the sender wait."""


class End(Enum):
    """How a direction ends."""

    EOF = "eof"
    RESET = "reset"


class Shape:
    """Delay and pace of one direction of a path, shared by its connections. It may change under way."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.bytes_per_s: float | None = None
        self._free_at = 0.0

    @property
    def active(self) -> bool:
        return self.delay_s > 0 or self.bytes_per_s is not None

    @property
    def held_bytes(self) -> int:
        """How much one connection may hold back before its sender has to wait."""
        if self.bytes_per_s is None:
            return _HELD_BYTES
        return min(_HELD_BYTES, int(self.bytes_per_s * (self.delay_s + 0.25)) + 16384)

    def pieces(self, data: bytes) -> list[bytes]:
        """Cut data into what is sent at once: ten milliseconds' worth, or all of it where nothing paces."""
        if self.bytes_per_s is None:
            return [data]
        size = max(1024, int(self.bytes_per_s * 0.01))
        return [data[at : at + size] for at in range(0, len(data), size)]

    def due(self, arrival: float) -> float:
        """Return when (loop time) something that arrived then may go on."""
        return max(arrival + self.delay_s, self._free_at if self.bytes_per_s is not None else 0.0)

    def spend(self, now: float, size: int) -> None:
        if self.bytes_per_s is not None:
            self._free_at = max(self._free_at, now - _CATCH_UP_S) + size / self.bytes_per_s


class Stream:
    """Carries one direction from ``source`` to ``sink``, in order, with back-pressure."""

    def __init__(
        self, shape: Shape, source: asyncio.Transport, sink: asyncio.Transport, ended: Callable[[], None]
    ) -> None:
        self._shape = shape
        self._source = source
        self._sink = sink
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes | End]] = deque()
        self._held = 0
        self._sink_full = False
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, item: bytes | End) -> None:
        """Take what the source sent, or how it ended."""
        if not self._queue and not self._shape.active:
            self._deliver(item)
            return
        arrival = self._loop.time()
        pieces = [item] if isinstance(item, End) else self._shape.pieces(item)
        self._queue.extend((arrival, piece) for piece in pieces)
        self._held += 0 if isinstance(item, End) else len(item)
        self.advance()

    def advance(self) -> None:
        """Send what is due, and come back for the rest. Also called when the shape has changed."""
        self.stop()
        now = self._loop.time()
        while self._queue and not self._sink_full:
            arrival, item = self._queue[0]
            due = self._shape.due(arrival)
            if due > now + _SLACK_S:
                self._timer = self._loop.call_at(due, self.advance)
                break
            self._queue.popleft()
            if isinstance(item, bytes):
                self._held -= len(item)
                self._shape.spend(now, len(item))
            self._deliver(item)
        self._balance()

    def sink_full(self, full: bool) -> None:
        """Follow the sink's flow control."""
        self._sink_full = full
        self.advance()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _deliver(self, item: bytes | End) -> None:
        if self._sink.is_closing():
            return
        if item is End.EOF:
            self._sink.write_eof()
            self._ended()
        elif item is End.RESET:
            self._sink.abort()
        else:
            self._sink.write(item)

    def _balance(self) -> None:
        wait = self._sink_full or self._held >= self._shape.held_bytes
        if wait == self._paused or self._source.is_closing():
            return
        self._paused = wait
        if wait:
            self._source.pause_reading()
        else:
            self._source.resume_reading()
