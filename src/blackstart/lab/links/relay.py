"""One connection through a path: the side that connected, the target's side, and a stream each way."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from typing import cast

from blackstart.lab.links.stream import End, Shape, Stream

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def reset(sock: socket.socket) -> None:
    """Close with a RST, as a host does that knows nothing of the connection."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    sock.close()


class Side(asyncio.Protocol):
    """One of the two TCP connections of a relay."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.onward: Stream | None = None
        """Carries what this side sends."""
        self.inward: Stream | None = None
        """Carries what this side is sent."""
        self.done: Callable[[], None] = lambda: None
        self._early: list[bytes | End] = []
        self._left = False
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the interface without the base class.
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._pass(data)

    def eof_received(self) -> bool:
        self._pass(End.EOF)
        return True  # half-closed: the other direction lives on

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._pass(End.RESET)  # reaches no one where the other side has been closed in order
        self.done()

    def join(self, onward: Stream, inward: Stream, done: Callable[[], None]) -> None:
        """Take part in a relay: pass on what came before the other side was there, then all that comes."""
        self.onward, self.inward, self.done = onward, inward, done
        for item in self._early:
            onward.feed(item)
        self._early.clear()
        if self._lost:
            done()

    def leave(self) -> None:
        """Drop whatever comes from now on, and close."""
        self.onward = self.inward = None
        self._left = True
        self.transport.abort()

    def _pass(self, item: bytes | End) -> None:
        if self.onward is not None:
            self.onward.feed(item)
        elif not self._left:
            self._early.append(item)

    def pause_writing(self) -> None:
        if self.inward is not None:
            self.inward.sink_full(True)

    def resume_writing(self) -> None:
        if self.inward is not None:
            self.inward.sink_full(False)


class Relay:
    """A connection under way: ``near`` connected to the path, ``far`` is the target."""

    def __init__(self, near: Side, far: Side, outward: Shape, back: Shape, gone: Callable[["Relay"], None]) -> None:
        self._sides = (near, far)
        self._gone = gone
        self.streams = (
            Stream(outward, near.transport, far.transport, self._one_way_ended),
            Stream(back, far.transport, near.transport, self._one_way_ended),
        )
        self._lost = 0
        self._ended = 0
        near.join(self.streams[0], self.streams[1], self._one_side_lost)
        far.join(self.streams[1], self.streams[0], self._one_side_lost)

    def freeze(self) -> list[socket.socket]:
        """Stall both sides for good: drop all that is held, keep the sockets open but unread. Return them.

        Closing a transport whose descriptor was duplicated sends neither FIN nor RST: the peers see silence.
        """
        frozen = [_duplicate(side.transport) for side in self._sides if not side.transport.is_closing()]
        self.close()
        return frozen

    def close(self) -> None:
        for stream in self.streams:
            stream.stop()
        for side in self._sides:
            side.leave()

    def _one_way_ended(self) -> None:
        self._ended += 1
        if self._ended == len(self.streams):
            for side in self._sides:
                side.transport.close()

    def _one_side_lost(self) -> None:
        self._lost += 1
        if self._lost == len(self._sides):
            self._gone(self)


def _duplicate(transport: asyncio.Transport) -> socket.socket:
    original = transport.get_extra_info("socket")
    return socket.socket(fileno=os.dup(original.fileno()))
