"""One DNS question and its answer over UDP, inside one deadline: no cache and no second try stand between."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.message
import dns.name
import dns.rdatatype

from blackstart.observer.attempt import Attempt, Failure, failure_of

Resolver = tuple[str, int]


class Lookup(Attempt, asyncio.DatagramProtocol):
    """Asks a resolver for a name, from a port of its own; ``response`` is what it answered, None on a failure.

    Whatever arrives that is no response to this very question is overheard.
    """

    def __init__(self, resolver: Resolver, name: dns.name.Name, kind: str, on_end: Callable[["Lookup"], None]) -> None:
        super().__init__(on_end)
        self._resolver = resolver
        self._query = dns.message.make_query(name, kind)
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self.response: dns.message.Message | None = None

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._open())

    async def _open(self) -> None:
        try:
            await self._loop.create_datagram_endpoint(lambda: self, remote_addr=self._resolver)
        except OSError as error:
            self._end(failure_of(error))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports only look like asyncio's.
        self._transport = cast(asyncio.DatagramTransport, transport)
        if self._on_end is None:
            self._transport.abort()
            return
        self.written_ns = time.monotonic_ns()
        self._transport.sendto(self._query.to_wire())

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            response = dns.message.from_wire(data, ignore_trailing=True)
        except dns.exception.DNSException:
            return
        if self._on_end is not None and self._query.is_response(response):
            self.response = response
            self._end(None)

    def error_received(self, exc: Exception) -> None:
        self._end(failure_of(exc) if isinstance(exc, OSError) else Failure.OTHER)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self.error_received(exc)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        elif self._task is not None and self._task is not asyncio.current_task(self._loop):
            self._task.cancel()
        self._task = None  # a cancelled task holds its frames, and they hold this: sockets would wait for the collector


async def address(loop: asyncio.AbstractEventLoop, resolver: Resolver, name: str, deadline_ns: int) -> str:
    """Return one IPv4 address of a name as the resolver has it. Raises socket.gaierror, or TimeoutError."""
    ended: asyncio.Future[Lookup] = loop.create_future()

    def note(lookup: Lookup) -> None:
        if not ended.done():
            ended.set_result(lookup)

    lookup = Lookup(resolver, _name(name), "A", note)
    lookup.start(loop, deadline_ns)
    response = (await ended).response
    found = [] if response is None else [item for item in answers(response) if item[0] == "A"]
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, f"{name} has no address at resolver {resolver[0]}:{resolver[1]}")
    return found[0][1]


def answers(response: dns.message.Message) -> list[tuple[str, str, int]]:
    """Return the answer section, aliases included, as (type, value, TTL in seconds)."""
    return [
        (dns.rdatatype.to_text(rrset.rdtype), item.to_text().rstrip("."), int(rrset.ttl))
        for rrset in response.answer
        for item in rrset
    ]


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise socket.gaierror(socket.EAI_NONAME, f"{text!r} is no name: {error}") from error
