"""One HTTP request and its reply on a fresh connection, all of it inside one deadline."""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Callable
from enum import IntEnum
from typing import cast

from blackstart.observer.reply import GarbledError, Reply, ReplyReader
from blackstart.observer.target import Target

GRAIN_S = 0.001  # a loop rounds its timers to this: without it one could fire before the deadline


class Failure(IntEnum):
    """Why no whole reply came."""

    TIMEOUT = 1
    REFUSED = 2
    RESET = 3  # closed or garbled before the reply was whole
    UNRESOLVED = 4
    OTHER = 5  # no route, TLS, …
    OBSERVER = 6  # this host ran out of descriptors, ports or memory


_OWN_LIMITS = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL))


class Exchange(asyncio.Protocol):
    """Connects, sends, reads, ends: ``on_end`` is called exactly once, with either ``reply`` or ``failure`` set.

    A connection is never reused: a kept one would hang on a server that died silently, and would hide
    that new clients are turned away. Times are monotonic ns; ``written_ns`` is 0 while no byte of the
    request has left, so a failure then is a definite one.
    """

    def __init__(self, target: Target, request: bytes, on_end: Callable[["Exchange"], None]) -> None:
        self._target = target
        self._request = request
        self._on_end: Callable[[Exchange], None] | None = on_end
        self._reader = ReplyReader()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._resolving = False
        self.failure: Failure | None = None
        self.started_ns = 0
        self.written_ns = 0
        self.done_ns = 0

    @property
    def reply(self) -> Reply | None:
        """The whole reply, None where there is a failure."""
        return None if self.failure is not None else self._reader.reply

    def start(self, loop: asyncio.AbstractEventLoop, deadline_ns: int) -> None:
        """Begin now; end by the deadline."""
        self._loop = loop
        self.started_ns = time.monotonic_ns()
        self._timer = loop.call_later(max(0, deadline_ns - self.started_ns) / 1e9 + GRAIN_S, self._late)
        self._task = loop.create_task(self._connect())

    async def _connect(self) -> None:
        target = self._target
        try:
            host = target.host if target.numeric else await self._resolve()
            await self._loop.create_connection(
                lambda: self, host, target.port, ssl=target.tls, server_hostname=target.server_name
            )
        except OSError as error:
            self._end(_failure(error))
        except UnicodeError:  # a host that is no name at all
            self._end(Failure.UNRESOLVED)

    async def _resolve(self) -> str:
        self._resolving = True
        found = await self._loop.getaddrinfo(self._target.host, self._target.port, type=socket.SOCK_STREAM)
        self._resolving = False
        return str(found[0][4][0])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports only look like asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        if self._on_end is None:
            self._transport.abort()
            return
        self.written_ns = time.monotonic_ns()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        try:
            whole = self._reader.feed(data)
        except GarbledError:
            self._end(Failure.RESET)
            return
        if whole:
            self._end(None)

    def eof_received(self) -> bool:
        self._closed()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self._closed()
        else:
            self._end(_failure(exc) if isinstance(exc, OSError) else Failure.OTHER)

    def _closed(self) -> None:
        if self._on_end is None:
            return
        try:
            self._reader.end()
        except GarbledError:
            self._end(Failure.RESET)
        else:
            self._end(None)

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
        self._let_go()
        on_end(self)

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        elif self._task is not None and self._task is not asyncio.current_task(self._loop):
            self._task.cancel()


def _failure(error: OSError) -> Failure:
    if isinstance(error, ConnectionRefusedError):
        return Failure.REFUSED
    if isinstance(error, ConnectionError):
        return Failure.RESET
    if isinstance(error, socket.gaierror):
        return Failure.UNRESOLVED
    if isinstance(error, TimeoutError) and not isinstance(error, ssl.SSLError):
        return Failure.TIMEOUT
    return Failure.OBSERVER if error.errno in _OWN_LIMITS else Failure.OTHER
