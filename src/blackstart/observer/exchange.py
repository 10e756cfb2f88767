"""One HTTP request and its reply on a fresh connection, all of it inside one deadline."""

import asyncio
from collections.abc import Callable

from blackstart.observer.attempt import Failure, failure_of
from blackstart.observer.connection import Connection
from blackstart.observer.reply import GarbledError, Reply, ReplyReader
from blackstart.observer.target import Target

__all__ = ["Exchange", "Failure"]


class Exchange(Connection):
    """Connects, sends, reads, ends with either ``reply`` or ``failure`` set."""

    def __init__(self, target: Target, request: bytes, on_end: Callable[["Exchange"], None]) -> None:
        super().__init__(target, on_end)
        self._request = request
        self._reader = ReplyReader()

    @property
    def reply(self) -> Reply | None:
        """The whole reply, None where there is a failure."""
        return None if self.failure is not None else self._reader.reply

    def _connected(self, transport: asyncio.Transport) -> None:
        transport.write(self._request)

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
            self._end(failure_of(exc) if isinstance(exc, OSError) else Failure.OTHER)

    def _closed(self) -> None:
        if self._on_end is None:
            return
        try:
            self._reader.end()
        except GarbledError:
            self._end(Failure.RESET)
        else:
            self._end(None)
