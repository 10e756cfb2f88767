"""Whether a part of the primary answers, asked at the part itself: what is wrong with it now, or nothing."""

import socket
import ssl
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from blackstart.platform.entry import fault_at
from blackstart.topology import Topology

Part = Literal["entry", "cache"]

TIMEOUT_S = 0.5
_PING = b"*1\r\n$4\r\nPING\r\n"


def entry(topology: Topology) -> str | None:
    """Ask the primary's load balancer, past the accelerator; return what is wrong with its answer."""
    return fault_at(topology, topology.primary)


def cache(topology: Topology) -> str | None:
    """Ask the primary's cache for a sign of life; any word of it is one, a refusal of an unknown client too.

    Raises ``LookupError`` when the topology does not say where the cache is.
    """
    known = topology.regions[topology.primary].cache
    if known is None:
        raise LookupError(f"regions.{topology.primary}.cache is not in topology {topology.name!r}: add it there")
    host, _, port = known.endpoint.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), TIMEOUT_S) as plain:
            said = _said(ssl.create_default_context().wrap_socket(plain, server_hostname=host) if known.tls else plain)
    except OSError as error:
        return f"cache {known.endpoint} gave no answer ({type(error).__name__})"
    return None if said else f"cache {known.endpoint} hung up without an answer"


def _said(connection: socket.socket) -> bytes:
    connection.sendall(_PING)
    return connection.recv(64)


ASKED: Final[Mapping[Part, Callable[[Topology], str | None]]] = MappingProxyType({"entry": entry, "cache": cache})
"""What a fault can silence, and how it is asked whether it is silent."""
