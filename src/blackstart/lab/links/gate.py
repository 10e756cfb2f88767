"""Where connections to a path arrive: let in, refused, or left in silence."""

import asyncio
import os
import select
import socket
from collections.abc import Callable

from blackstart.lab.links.paths import Endpoint
from blackstart.lab.links.relay import reset

_BACKLOG = 1024
_MOST_FILLERS = 16


class Gate:
    """A listening address. ``arrived`` gets every accepted socket, non-blocking.

    A firewall that drops packets cannot be had without privileges. A listener whose backlog is full looks the same
    from outside: the kernel drops further SYNs, and a connect hangs until it times out.
    """

    def __init__(self, address: Endpoint, arrived: Callable[[socket.socket], None]) -> None:
        self._address = address
        self._arrived = arrived
        self._loop = asyncio.get_running_loop()
        self._fillers: list[socket.socket] = []
        self._socket = self._bind()
        self._listening = False

    def open(self) -> None:
        if self._fillers:
            self._turn_away()
        self._socket.listen(_BACKLOG)
        self._listening = True
        self._loop.add_reader(self._socket, self._accept)

    def black_hole(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.listen(0)
        self._listening = True
        for _ in range(_MOST_FILLERS):
            if not self._fill():
                break

    def refuse(self) -> None:
        """Keep the address, bound and without a listener: the kernel answers with a RST."""
        if self._listening:
            self.close()
            self._socket = self._bind()
            self._listening = False

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._drop_fillers()

    def _bind(self) -> socket.socket:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(self._address)
        return sock

    def _accept(self) -> None:
        while (sock := self._next()) is not None:
            self._arrived(sock)

    def _next(self) -> socket.socket | None:
        try:
            sock, _ = self._socket.accept()
        except OSError:  # nobody left, or gone before it was let in
            return None
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _fill(self) -> bool:
        """Take one place in the backlog. Return whether there was one."""
        filler = socket.socket()
        filler.setblocking(False)
        error = filler.connect_ex(self._address)
        # On loopback the handshake is over when connect returns; without a place it never is.
        _, connected, _ = select.select([], [filler], [], 0)
        if error and os.strerror(error) and not connected:
            filler.close()
            return False
        self._fillers.append(filler)
        return True

    def _turn_away(self) -> None:
        """Reset whoever was left waiting in the backlog, the fillers among them."""
        while (sock := self._next()) is not None:
            reset(sock)
        self._drop_fillers()

    def _drop_fillers(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
