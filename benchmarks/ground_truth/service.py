"""The server's conduct: what a request gets depends on the mode of the moment at which it has arrived."""

import asyncio
from typing import cast

from benchmarks.ground_truth.modes import SLOW_S

RIGHT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
WRONG = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
MOST_CONNECTIONS = 10_000


class Service:
    """The state that all connections share: the mode (None: it serves), and who waits for a stall to end."""

    def __init__(self) -> None:
        self.mode: str | None = None
        self.connections: set[Connection] = set()
        self._stalled: list[Connection] = []

    def arrived(self, connection: "Connection") -> None:
        """Give one request what the mode has for it."""
        match self.mode:
            case "503":
                connection.reply(WRONG)
            case "brown-out":
                asyncio.get_running_loop().call_later(SLOW_S, connection.reply, RIGHT)
            case "stall":
                self._stalled.append(connection)
            case "hang":
                pass
            case _:
                connection.reply(RIGHT)

    def resume(self) -> None:
        """Answer all that a stall has held."""
        stalled, self._stalled = self._stalled, []
        for connection in stalled:
            connection.write(RIGHT)
        for connection in stalled:  # only once nobody waits any more
            connection.close()


class Connection(asyncio.Protocol):
    """One connection, one request, one reply at most. It is closed by whoever is served or has enough."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._service.connections.add(self)
        if len(self._service.connections) > MOST_CONNECTIONS:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        whole, self._got = b"\r\n\r\n" in self._got, self._got + data
        if not whole and b"\r\n\r\n" in self._got:
            self._service.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.connections.discard(self)

    def reply(self, data: bytes) -> None:
        self.write(data)
        self.close()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        self._transport.close()
