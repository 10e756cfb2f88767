"""Where connections leave a path: from the client's own address, as if there were no proxy in between.

What lies behind a path can then tell its clients apart by their addresses, as security groups do.
"""

import asyncio
import socket
import sys
from contextlib import suppress

from blackstart.lab.links.paths import Endpoint

_USUAL = "127.0.0.1"
"""What the system gives to a connection that is not bound to an address."""
_BIND_ADDRESS_NO_PORT = 24
"""Linux: choose the port when connecting, so that the connections of one address may share ports between targets."""


async def connect(arrived: socket.socket, target: Endpoint) -> socket.socket:
    """Return a socket connected to the target from the address that the arrived one comes from. Raises ``OSError``."""
    leaving = socket.socket()
    try:
        leaving.setblocking(False)
        _bind(leaving, arrived.getpeername()[0])
        await asyncio.get_running_loop().sock_connect(leaving, target)
        leaving.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        leaving.close()
        raise
    return leaving


def _bind(leaving: socket.socket, address: str) -> None:
    if address == _USUAL:
        return
    if sys.platform == "linux":
        leaving.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
    with suppress(OSError):  # an address of another machine: the connection leaves from the usual one
        leaving.bind((address, 0))
