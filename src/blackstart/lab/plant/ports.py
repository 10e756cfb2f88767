"""A free block of loopback addresses and free ports for one lab.

A block is claimed by a marker of a fixed name, before anything else: two labs can never get the same one whatever
ports they have, and a dead lab's claim ends with it.
"""

import errno
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields

from blackstart.lab.layout import Layout, Ports
from blackstart.lab.links.paths import all_paths
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError

BLOCKS = range(10, 100)
USUAL = Ports(api=4566, plant=4570, http=8080, admin=9901, database=5432, cache=6379, dns=8053, kubernetes=6443)
STRIDE, EPHEMERAL = 97, 32768
"""Where something else has a usual port on all addresses, the next one is this far away, below the ports that the
system gives to outgoing connections.
"""


MARKER = 4569
"""The port that stands for a block where the system has no names for sockets besides addresses."""


Socket = socket.socket


@dataclass(frozen=True)
class Claim:
    """A block that is ours as long as this is open, here or in the supervisor, which serves the plant's API on it."""

    layout: Layout
    socket: Socket
    marker: Socket

    @property
    def handles(self) -> tuple[int, int]:
        """What the supervisor takes over: the plant's listener, and the marker."""
        return self.socket.fileno(), self.marker.fileno()

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.marker.close()


def claim(specification: Specification, blocks: Iterable[int] = BLOCKS) -> Claim:
    """Claim the first free block. Raises ``UsageError``: none is free, or the asked port is in use."""
    asked = specification.api_port
    if asked is not None and not _is_free("", asked):
        raise UsageError(f"lab: port {asked} is in use; give another api_port, or none to take a free one")
    for block in blocks:
        layout = Layout(block, USUAL, specification.regions)
        _need_addresses(layout)
        marker = _mark(layout)
        if marker is None:
            continue
        ports = _free_ports(layout, asked)
        listener = _listen(layout.plant, ports.plant) if ports is not None else None
        if ports is not None and listener is not None:
            return Claim(Layout(block, ports, specification.regions), listener, marker)
        marker.close()
    raise UsageError("lab: no free block of loopback addresses 127.N.0.0/16; stop a lab: blackstart lab down")


def _mark(layout: Layout) -> socket.socket | None:
    """Mark the block as ours, or return None: it is somebody's."""
    linux = sys.platform == "linux"
    marker = socket.socket(socket.AF_UNIX if linux else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # Linux: an abstract name, which lives as long as the socket and is no file.
        marker.bind(f"\0blackstart-block-{layout.block}" if linux else (layout.api, MARKER))
    except OSError:
        marker.close()
        return None
    return marker


def _free_ports(layout: Layout, asked: int | None) -> Ports | None:
    """Return ports that nothing uses at the addresses of their kind, or None: there are not enough."""
    chosen: dict[str, int] = {}
    for field in fields(Ports):
        usual: int = getattr(USUAL, field.name)
        wanted = asked if field.name == "api" and asked is not None else usual
        port = _free_port(_hosts(layout, field.name), wanted, set(chosen.values()))
        if port is None:
            return None
        chosen[field.name] = port
    return Ports(**chosen)


def _hosts(layout: Layout, kind: str) -> list[str]:
    """Return the addresses at which the lab listens on that kind's port."""
    listening = {
        "api": [layout.api],
        "plant": [layout.plant],
        "admin": [layout.accelerator_admin, *map(layout.alb_admin, layout.regions)],
        "cache": [*map(layout.cache, layout.regions)],
        "dns": [layout.resolver(view) for view in range(len(layout.regions) + 1)],
        "http": [layout.accelerator, *(pod for region in layout.regions for pod in layout.pods(region))],
    }
    # The links and what they lead to have the ports of their kinds.
    ends = {end for path in all_paths(layout) for end in (path.listen, path.target)}
    usual: int = getattr(layout.ports, kind)
    return [*listening.get(kind, ()), *sorted(host for host, port in ends if port == usual)]


def _free_port(hosts: list[str], wanted: int, taken: set[int]) -> int | None:
    candidates: tuple[int, ...] = (wanted, *range(wanted + STRIDE, EPHEMERAL, STRIDE))
    for port in candidates:
        if port not in taken and all(_is_free(host, port) for host in hosts):
            return port
    return None


def _is_free(host: str, port: int) -> bool:
    """Whether nobody has it, TCP or UDP (DNS needs both); a host of "" means on any address of this machine."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def _listen(host: str, port: int) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        return None
    return listener


def _need_addresses(layout: Layout) -> None:
    """Linux answers on all of 127.0.0.0/8; macOS only on addresses that were given to the loopback interface."""
    hosts = (layout.api, *(layout.pods(region)[-1] for region in layout.regions))
    if sys.platform != "linux" and any(_is_unknown(host) for host in hosts):
        loop = (
            f"for v in 0 1 2; do for h in $(seq 1 250); do sudo ifconfig lo0 alias 127.{layout.block}.$v.$h; done; done"
        )
        raise UsageError(f"lab: this machine lacks the loopback addresses 127.{layout.block}.0.0/16; run: {loop}")


def _is_unknown(host: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            return error.errno == errno.EADDRNOTAVAIL
    return False
