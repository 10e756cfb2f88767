"""Names to addresses, through the region's own resolver: libpq cannot be aimed at one, so the shop asks itself."""

import asyncio
from dataclasses import dataclass, field

from blackstart.lab.shop.failure import RefusedError

_TRY_S = 0.3
_TRIES = 2


@dataclass
class _Known:
    address: str = ""
    until_s: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Names:
    """Resolves names and keeps each answer for as long as its TTL says.

    While the resolver is silent, the last answer goes on counting; a name that does not exist is refused at once.
    """

    def __init__(self, resolver: tuple[str, int]) -> None:
        self._resolver = resolver
        self._known: dict[str, _Known] = {}

    def forget(self, name: str) -> None:
        """Ask anew next time, whatever the TTL said."""
        if name in self._known:
            self._known[name].until_s = 0.0

    async def address(self, name: str) -> str:
        """Return the name's IPv4 address. Raises ``RefusedError``."""
        known = self._known.setdefault(name, _Known())
        loop = asyncio.get_running_loop()
        if loop.time() < known.until_s:
            return known.address
        async with known.lock:
            if loop.time() >= known.until_s:
                await self._refresh(name, known)
        return known.address

    async def _refresh(self, name: str, known: _Known) -> None:
        asked_s = asyncio.get_running_loop().time()
        answer = await self._ask(name)
        if answer is not None:
            known.address, ttl_s = answer
            known.until_s = asked_s + ttl_s
        elif not known.address:
            raise RefusedError(f"the resolver does not answer for {name}")

    async def _ask(self, name: str) -> tuple[str, int] | None:
        import dns.message  # noqa: PLC0415 (after the pod listens: it takes 0.1 s)

        query = dns.message.make_query(name, "A")
        for _ in range(_TRIES):
            reply = await self._exchange(query.to_wire())
            if reply is not None:
                return _read(name, reply)
        return None

    async def _exchange(self, wire: bytes) -> bytes | None:
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[bytes] = loop.create_future()
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: _Exchange(reply), remote_addr=self._resolver)
        except OSError:
            return None
        transport.sendto(wire)
        try:
            return await asyncio.wait_for(reply, _TRY_S)
        except OSError:
            return None
        finally:
            transport.close()


class _Exchange(asyncio.DatagramProtocol):
    """Takes the first datagram that comes back."""

    def __init__(self, reply: asyncio.Future[bytes]) -> None:
        self._reply = reply

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self._reply.done():
            self._reply.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._reply.done():
            self._reply.set_exception(exc)


def _read(name: str, wire: bytes) -> tuple[str, int] | None:
    """Return address and TTL in seconds: the least along the chain. None for an answer that says nothing."""
    import dns.exception  # noqa: PLC0415 (after the pod listens)
    import dns.message  # noqa: PLC0415 (after the pod listens)
    import dns.rcode  # noqa: PLC0415 (after the pod listens)
    import dns.rdatatype  # noqa: PLC0415 (after the pod listens)

    try:
        reply = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if reply.rcode() == dns.rcode.NXDOMAIN:
        raise RefusedError(f"no such name: {name}")
    addresses = [record.to_text() for group in reply.answer if group.rdtype == dns.rdatatype.A for record in group]
    return (addresses[0], min(group.ttl for group in reply.answer)) if addresses else None
