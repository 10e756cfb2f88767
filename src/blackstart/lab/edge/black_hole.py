"""An address that never answers: its backlog is full, so that every new connection hangs (Linux drops the SYN)."""

import contextlib
import socket

from blackstart.lab.edge.targets import Address


class BlackHole:
    """Open from construction to :meth:`close`. It needs no privilege and sends nothing. Port 0: any free one."""

    def __init__(self, host: str, port: int = 0) -> None:
        self._listener = socket.socket()
        self._listener.bind((host, port))
        self._listener.listen(0)
        self.address: Address = self._listener.getsockname()
        self._filling = [self._fill() for _ in range(2)]

    def _fill(self) -> socket.socket:
        filler = socket.socket()
        filler.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            filler.connect(self.address)
        return filler

    def close(self) -> None:
        for each in (*self._filling, self._listener):
            each.close()
