"""A fresh connection to a target, opened inside an attempt's deadline."""

import asyncio
import socket
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, cast

from blackstart.observer.attempt import Attempt, Failure, failure_of
from blackstart.observer.lookup import address
from blackstart.observer.target import Target


class Connection(Attempt, asyncio.Protocol):
    """Resolves the target's name and connects.

    A connection is never reused: a kept one would hang on a server that died silently, and would hide that new
    clients are turned away.
    """

    def __init__(self, target: Target, on_end: Callable[[Any], None]) -> None:
        super().__init__(on_end)
        self._target = target
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        target = self._target
        try:
            host = target.host if target.numeric else await self._resolve()
            await self._loop.create_connection(
                lambda: self, host, target.port, ssl=target.tls, server_hostname=target.server_name
            )
        except OSError as error:
            self._end(failure_of(error))
        except UnicodeError:  # a host that is no name at all
            self._end(Failure.UNRESOLVED)

    async def _resolve(self) -> str:
        target = self._target
        self._resolving = True
        if target.resolver is not None:
            found = await address(self._loop, target.resolver, target.host, self.deadline_ns)
        else:
            answers = await self._loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            found = str(answers[0][4][0])
        self._resolving = False
        return found

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports only look like asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        if self._on_end is None:
            self._transport.abort()
            return
        self.written_ns = time.monotonic_ns()
        self._connected(self._transport)

    @abstractmethod
    def _connected(self, transport: asyncio.Transport) -> None:
        """Ask over the new connection."""

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        elif self._task is not None and self._task is not asyncio.current_task(self._loop):
            self._task.cancel()
        self._task = None  # a cancelled task holds its frames, and they hold this: sockets would wait for the collector
