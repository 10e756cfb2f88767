"""The server's door: open, shut (connections are refused) or trapped (they get no answer at all)."""

import asyncio
import errno
import socket
import time
from collections.abc import Callable

HOST = "127.0.0.1"
BACKLOG = 4096
PATIENCE_S = 0.002  # a handshake over loopback takes microseconds: one that has not ended by then was dropped
MOST_FILLERS = 64


class Door:
    """Opens and closes one port of the loopback interface; each change returns the interval in which it happened."""

    def __init__(self, made: Callable[[], asyncio.Protocol]) -> None:
        self._made = made
        self._server: asyncio.Server | None = None
        self._trap: list[socket.socket] = []
        self.port = 0

    async def open(self) -> tuple[int, int]:
        """Let everybody in; what stood in a trap is thrown out. It ends once a client of our own has been let in."""
        began_ns = time.monotonic_ns()
        self._leave_trap()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._made, HOST, self.port, reuse_address=True, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]
        assert _answers(self.port)
        return began_ns, time.monotonic_ns()

    def shut(self) -> tuple[int, int]:
        """Refuse everybody; who is inside stays. It ends once a client of our own has been refused."""
        began_ns = time.monotonic_ns()
        self._stop_listening()
        if _answers(self.port):
            raise RuntimeError("the port still answers after it was closed")
        return began_ns, time.monotonic_ns()

    def set_trap(self) -> tuple[int, int]:
        """Let connections time out: listen, accept nobody, and fill the queue with clients of our own."""
        began_ns = time.monotonic_ns()
        self._stop_listening()
        closed_ns = time.monotonic_ns()  # from here on nobody is served, whether the queue is full yet or not
        trap = socket.socket()
        trap.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trap.bind((HOST, self.port))
        trap.listen(0)
        self._trap.append(trap)
        while _enters(self.port, self._trap):
            if len(self._trap) > MOST_FILLERS:
                raise RuntimeError("the queue does not fill: this kernel drops no connections")
        return began_ns, closed_ns

    def _stop_listening(self) -> None:
        assert self._server is not None
        self._server.close()
        self._server = None

    def _leave_trap(self) -> None:
        for client in self._trap:
            client.close()
        self._trap.clear()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


def _enters(port: int, fillers: list[socket.socket]) -> bool:
    """Let one more client of our own stand in the queue; return whether it found room."""
    client = socket.socket()
    client.settimeout(PATIENCE_S)
    found = client.connect_ex((HOST, port))
    if found not in (0, errno.EAGAIN, errno.ETIMEDOUT, errno.EINPROGRESS):
        client.close()
        raise OSError(found, "the trap refuses")
    fillers.append(client)
    return found == 0
