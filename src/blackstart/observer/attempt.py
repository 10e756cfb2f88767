"""One attempt at a target: whatever is asked, all of it lies inside one deadline and ends exactly once."""

import asyncio
import errno
import socket
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from typing import Any

GRAIN_S = 0.001  # a loop rounds its timers to this: without it one could fire before the deadline


class Failure(IntEnum):
    """Why no whole reply came."""

    TIMEOUT = 1
    REFUSED = 2
    RESET = 3  # closed or garbled before the reply was whole
    UNRESOLVED = 4
    OTHER = 5  # no route, TLS, …
    OBSERVER = 6  # this host ran out of descriptors, ports or memory
    UNTRUSTED = 7  # the server's certificate does not verify


_OWN_LIMITS = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL))


class Attempt(ABC):
    """Starts, ends: ``on_end`` is called exactly once, with ``failure`` set or None.

    Times are monotonic ns; ``written_ns`` is 0 while nothing that was asked has left, so a failure then is a
    definite one. What is asked, and over what, the heirs know: `_begin` starts it, `_close` lets go of it.
    """

    def __init__(self, on_end: Callable[[Any], None]) -> None:
        self._on_end: Callable[[Any], None] | None = on_end
        self._timer: asyncio.TimerHandle | None = None
        self._resolving = False
        self.failure: Failure | None = None
        self.started_ns = 0
        self.written_ns = 0
        self.done_ns = 0
        self.deadline_ns = 0

    def start(self, loop: asyncio.AbstractEventLoop, deadline_ns: int) -> None:
        """Begin now; end by the deadline."""
        self._loop = loop
        self.deadline_ns = deadline_ns
        self.started_ns = time.monotonic_ns()
        self._timer = loop.call_later(max(0, deadline_ns - self.started_ns) / 1e9 + GRAIN_S, self._late)
        self._begin()

    @abstractmethod
    def _begin(self) -> None:
        """Start what is asked."""

    @abstractmethod
    def _close(self) -> None:
        """Let go of connections and tasks."""

    def _late(self) -> None:
        # After a stall the timer fires before the reply that has long arrived is read: look once more.
        self._timer = self._loop.call_later(GRAIN_S, self._give_up)

    def _give_up(self) -> None:
        self._end(Failure.UNRESOLVED if self._resolving else Failure.TIMEOUT)

    def _end(self, failure: Failure | None) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is None:
            return
        self.done_ns = time.monotonic_ns()
        self.failure = failure
        if self._timer is not None:
            self._timer.cancel()
        self._close()
        on_end(self)


def failure_of(error: OSError) -> Failure:
    """Return what an operating system's error means for an attempt."""
    if isinstance(error, ConnectionRefusedError):
        return Failure.REFUSED
    if isinstance(error, ConnectionError):
        return Failure.RESET
    if isinstance(error, socket.gaierror):
        return Failure.UNRESOLVED
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure.UNTRUSTED
    if isinstance(error, TimeoutError) and not isinstance(error, ssl.SSLError):
        return Failure.TIMEOUT
    return Failure.OBSERVER if error.errno in _OWN_LIMITS else Failure.OTHER
