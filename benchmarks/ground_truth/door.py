"""The server's door: open, shut (connections are refused) or trapped (they get no answer at all)."""

import asyncio
import errno
import socket
import time
from collections.abc import Callable
from functools import partial

HOST = "127.0.0.1"
BACKLOG = 4096
PATIENCE_S = 0.002  # a handshake over loopback takes microseconds: one that has not ended by then was dropped
MOST_FILLERS = 64


class Door:
    """Opens and closes one port of the loopback interface; each change returns the interval in which it happened.

    The intervals are those of the one system call that changes what the kernel does with a client. What follows only
    proves it, with a client of our own.
    """

    def __init__(self, made: Callable[[], asyncio.Protocol]) -> None:
        self._made = made
        self._server: asyncio.Server | None = None
        self._listening: socket.socket | None = None
        self._trap: list[socket.socket] = []
        self.port = 0

    async def open(self) -> tuple[int, int]:
        """Let everybody in; what stood in a trap is thrown out."""
        self._leave_trap()
        self._listening = _bound(self.port)
        self.port = self._listening.getsockname()[1]
        opened = _switched(partial(self._listening.listen, BACKLOG))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._made, sock=self._listening, backlog=BACKLOG)
        if not _answers(self.port):
            raise RuntimeError("the port does not answer although it listens")
        return opened

    async def shut(self) -> tuple[int, int]:
        """Refuse everybody; who is inside stays."""
        closed = await self._stop_listening()
        if _answers(self.port):
            raise RuntimeError("the port still answers although it was closed")
        return closed

    async def set_trap(self) -> tuple[int, int]:
        """Let connections time out: listen, accept nobody, and fill the queue with clients of our own.

        From the first step on nobody is served any more, whether the queue is full yet or not.
        """
        closed = await self._stop_listening()
        trap = _bound(self.port)
        trap.listen(0)
        self._trap.append(trap)
        while _enters(self.port, self._trap):
            if len(self._trap) > MOST_FILLERS:
                raise RuntimeError("the queue does not fill: this kernel drops no connections")
        return closed

    async def _stop_listening(self) -> tuple[int, int]:
        assert self._server is not None
        assert self._listening is not None
        closed = _switched(partial(self._listening.shutdown, socket.SHUT_RDWR))
        self._server.close()
        await asyncio.sleep(0)  # the loop lets go of the socket in its next turn
        self._listening.close()
        self._server = self._listening = None
        return closed

    def _leave_trap(self) -> None:
        for client in self._trap:
            client.close()
        self._trap.clear()


def _switched(act: Callable[[], None]) -> tuple[int, int]:
    before_ns = time.monotonic_ns()
    act()
    return before_ns, time.monotonic_ns()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    made.bind((HOST, port))
    return made


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
