"""A free block of loopback addresses and free ports for one lab.

A block is claimed by listening on its plant address: two labs can never get the same one, and a dead lab's claim
ends with it.
"""

import errno
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields

from blackstart.lab.layout import Layout, Ports
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError

BLOCKS = range(10, 100)
USUAL = Ports(api=4566, plant=4570, http=8080, admin=9901, database=5432, cache=6379, dns=8053, kubernetes=6443)
STRIDE, EPHEMERAL = 97, 32768
"""Where something else has a usual port on all addresses, the next one is this far away, below the ports that the
system gives to outgoing connections.
"""


@dataclass(frozen=True)
class Claim:
    """A block that is ours as long as the socket is open. The supervisor serves the plant's API on it."""

    layout: Layout
    socket: socket.socket


def claim(specification: Specification, blocks: Iterable[int] = BLOCKS) -> Claim:
    """Claim the first free block. Raises ``UsageError``: none is free, or the asked port is in use."""
    asked = specification.api_port
    if asked is not None and not _is_free("", asked):
        raise UsageError(f"lab: port {asked} is in use; give another api_port, or none to take a free one")
    for block in blocks:
        layout = Layout(block, USUAL, specification.regions)
        _need_addresses(layout)
        ports = _free_ports(layout, asked)
        claimed = _listen(layout.plant, ports.plant) if ports is not None else None
        if ports is not None and claimed is not None:
            return Claim(Layout(block, ports, specification.regions), claimed)
    raise UsageError("lab: no free block of loopback addresses 127.N.0.0/16; stop a lab: blackstart lab down")


def _free_ports(layout: Layout, asked: int | None) -> Ports | None:
    """Return ports that nothing in the block and nothing on all addresses uses, or None: the block is taken."""
    chosen: dict[str, int] = {}
    for field in fields(Ports):
        usual: int = getattr(USUAL, field.name)
        wanted = asked if field.name == "api" and asked is not None else usual
        # The plant's port is the claim: were it to wander, two labs could share a block.
        if field.name == "plant" and not _is_free(layout.plant, wanted) and _is_free("127.0.0.1", wanted):
            return None
        port = _free_port(layout, wanted, set(chosen.values()))
        if port is None:
            return None
        chosen[field.name] = port
    return Ports(**chosen)


def _free_port(layout: Layout, wanted: int, taken: set[int]) -> int | None:
    hosts = (layout.api, layout.plant, layout.accelerator, layout.resolver(0), *map(layout.alb, layout.regions))
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
