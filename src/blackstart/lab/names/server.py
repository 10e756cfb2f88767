"""The resolver: one name server for each view, over UDP and TCP, in the caller's event loop."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from blackstart.lab.layout import CLIENT_VIEW, Layout
from blackstart.lab.names.answer import Addresses, answer
from blackstart.lab.names.zone import Record, Zone
from blackstart.outcome import BlackstartError

_PLAIN_UDP_BYTES = 512
_MOST_UDP_BYTES = 1232
_IDLE_S = 30
_LENGTH_BYTES = 2
_HEADER_BYTES = 12


class Resolver:
    """Serves the private zone and the managed names on ``layout.resolver(view)`` for every view.

    ``addresses`` tells where a managed name leads, now; it is asked anew for each question.
    """

    def __init__(self, layout: Layout, addresses: Addresses) -> None:
        self._layout = layout
        self._addresses = addresses
        self._zone = Zone()
        self._datagrams: list[asyncio.DatagramTransport] = []
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Listen. Raises ``BlackstartError`` that names the address when it is taken."""
        loop = asyncio.get_running_loop()
        for view in (CLIENT_VIEW, *(self._layout.view(region) for region in self._layout.regions)):
            address = (self._layout.resolver(view), self._layout.ports.dns)
            try:
                transport, _ = await loop.create_datagram_endpoint(partial(_Datagrams, self, view), address)
                self._datagrams.append(transport)
                self._servers.append(await asyncio.start_server(partial(self._serve_stream, view), *address))
            except OSError as error:
                await self.stop()
                raise BlackstartError(f"resolver at {address[0]}:{address[1]}: {error.strerror or error}") from error

    async def stop(self) -> None:
        for transport in self._datagrams:
            transport.close()
        for server in self._servers:
            server.close()
        self._datagrams.clear()
        self._servers.clear()

    def set_records(self, records: Iterable[Record]) -> None:
        """Replace the private zone's content; the next answer is from it. Raises ``UsageError`` for a bad record."""
        self._zone.replace(records)

    @property
    def records(self) -> list[Record]:
        """The private zone's content, sorted by name and type."""
        return self._zone.records

    def respond(self, wire: bytes, view: int, most_bytes: int | None) -> bytes | None:
        """Return the answer to a query in wire form, cut down to ``most_bytes`` (None: what the query allows)."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return _format_error(wire)
        if query.flags & dns.flags.QR:
            return None  # an answer: answering that could go on for ever
        response = answer(query, view, self._zone, self._addresses)
        if most_bytes is None:
            most_bytes = min(query.payload, _MOST_UDP_BYTES) if query.edns >= 0 else _PLAIN_UDP_BYTES
        try:
            return response.to_wire(max_size=max(most_bytes, _PLAIN_UDP_BYTES))
        except dns.exception.TooBig:
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()

    async def _serve_stream(self, view: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                async with asyncio.timeout(_IDLE_S):
                    length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
                    wire = self.respond(await reader.readexactly(length), view, 0xFFFF)
                if wire is None:
                    break
                writer.write(len(wire).to_bytes(_LENGTH_BYTES) + wire)
                await writer.drain()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, or has nothing more to ask
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, resolver: Resolver, view: int) -> None:
        self._resolver = resolver
        self._view = view
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # what it is for datagrams
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        wire = self._resolver.respond(data, self._view, None)
        if wire is not None and self._transport is not None:
            self._transport.sendto(wire, addr)


def _format_error(wire: bytes) -> bytes | None:
    if len(wire) < _HEADER_BYTES:
        return None
    response = dns.message.Message(int.from_bytes(wire[:2]))
    response.flags |= dns.flags.QR
    response.set_rcode(dns.rcode.FORMERR)
    return response.to_wire()
