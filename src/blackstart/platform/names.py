"""Names, resolved where the topology says: private zones are not in the machine's own resolver."""

import socket

import dns.exception
import dns.resolver

from blackstart.topology import Topology

LIFETIME_S = 2.0


class NameNotFoundError(LookupError):
    """The name has no address now; the message says who was asked."""


def address(topology: Topology, name: str) -> str:
    """Return one IPv4 address of the name."""
    if topology.resolver is None:
        try:
            return socket.gethostbyname(name)
        except OSError as error:
            raise NameNotFoundError(f"{name} has no address at this machine's resolver ({error})") from error
    try:
        answer = _resolver(topology.resolver).resolve(name, "A", tcp=False)
    except dns.exception.DNSException as error:
        raise NameNotFoundError(f"{name} has no address at resolver {topology.resolver} ({error})") from error
    return str(answer[0])


def _resolver(at: str) -> dns.resolver.Resolver:
    host, _, port = at.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host]
    resolver.port = int(port)
    resolver.lifetime = LIFETIME_S
    return resolver
