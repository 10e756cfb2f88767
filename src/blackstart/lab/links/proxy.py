"""One path at work: its gate, its connections and the condition that rules them."""

import asyncio
import socket

from blackstart.lab.links import departing
from blackstart.lab.links.condition import Condition
from blackstart.lab.links.gate import Gate
from blackstart.lab.links.paths import Path
from blackstart.lab.links.relay import Relay, Side, reset
from blackstart.lab.links.stream import Shape


class Proxy:
    """Carries the connections of one path under a condition that can change at any moment.

    A connection that lived through a black hole never comes back: what it held is lost, and it is reset when the path
    opens. A target that cannot be reached shows as a reset right after the connect.
    """

    def __init__(self, path: Path, condition: Condition) -> None:
        self._path = path
        self._gate = Gate(path.listen, self._arrived)
        self._outward = Shape()
        self._back = Shape()
        self._relays: set[Relay] = set()
        self._arriving: dict[asyncio.Task[None], socket.socket] = {}
        self._frozen: list[socket.socket] = []
        self._state = ""
        self.apply(condition)

    def apply(self, condition: Condition) -> None:
        """Bring about a condition. On return it holds: nothing held back before a cut passes after it."""
        if condition.state != self._state:
            self._state = condition.state
            try:
                self._enter(condition)
            except OSError:
                self._state = ""  # neither: the next order tries again
                raise
        rate = None if condition.rate_kbps is None else condition.rate_kbps * 1000
        self._back.delay_s = condition.delay_ms / 1000
        self._outward.bytes_per_s = self._back.bytes_per_s = rate
        for relay in self._relays:
            for stream in relay.streams:
                stream.advance()

    def close(self) -> None:
        self._gate.close()
        self._reset_all()

    def _enter(self, condition: Condition) -> None:
        if condition.state == "black-hole":
            self._gate.black_hole()
            self._freeze_all()
            return
        self._reset_all()
        if condition.state == "open":
            self._gate.open()
        else:
            self._gate.refuse()

    def _freeze_all(self) -> None:
        for relay in self._relays:
            self._frozen += relay.freeze()
        self._relays.clear()
        for task, sock in self._arriving.items():
            # The task closes its own socket when it is cancelled: keep a second descriptor.
            self._frozen.append(sock.dup())
            task.cancel()
        self._arriving.clear()

    def _reset_all(self) -> None:
        if self._state != "open":
            self._freeze_all()
        for sock in self._frozen:
            reset(sock)
        self._frozen.clear()

    def _arrived(self, sock: socket.socket) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(sock))
        self._arriving[task] = sock
        task.add_done_callback(lambda done: self._arriving.pop(done, None))

    async def _serve(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        far: Side | None = None
        try:
            outgoing = await departing.connect(sock, self._path.target)
            _, far = await loop.create_connection(Side, sock=outgoing)
            _, near = await loop.connect_accepted_socket(Side, sock)
        except OSError:
            reset(sock)
            if far is not None:
                far.transport.abort()
        except asyncio.CancelledError:
            sock.close()
            if far is not None:
                far.transport.abort()
            raise
        else:
            self._relays.add(Relay(near, far, self._outward, self._back, self._relays.discard))
