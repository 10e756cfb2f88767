"""From a question to its answer: follow aliases through the zone to an address."""

from collections.abc import Callable

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rrset
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from blackstart.lab.names.zone import Zone, soa

Addresses = Callable[[int, str], tuple[int, list[str]] | None]
"""(view, name) → (ttl, addresses), or None for a name that it does not know."""
_MOST_ALIASES = 8


def answer(query: dns.message.Message, view: int, zone: Zone, addresses: Addresses) -> dns.message.Message:
    """Return the response to a query as seen from a view: the whole chain of aliases with the address at its end.

    A name that is nowhere gets NXDOMAIN, one that has other types an empty answer; both with the SOA.
    """
    response = dns.message.make_response(query, recursion_available=True)
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        response.set_rcode(dns.rcode.NOTIMP)
        return response
    question = query.question[0]
    if question.rdclass != RdataClass.IN:
        response.set_rcode(dns.rcode.REFUSED)
        return response
    response.flags |= dns.flags.AA
    _resolve(response, question.name, question.rdtype, _Source(view, zone, addresses))
    return response


class _Source:
    """The zone and the managed names as one view sees them."""

    def __init__(self, view: int, zone: Zone, addresses: Addresses) -> None:
        self._view = view
        self._zone = zone
        self._addresses = addresses
        self.serial = zone.serial

    def find(self, name: dns.name.Name, kind: RdataType) -> tuple[dns.rrset.RRset | None, bool]:
        """Return the record set, if any, and whether the name exists."""
        canonical = name.canonicalize()
        if self._zone.has(canonical):
            found = self._zone.find(canonical, kind)
            return (None if found is None else _named(name, found)), True
        known = self._addresses(self._view, canonical.to_text(omit_final_dot=True))
        if known is None:
            return None, False
        ttl, ips = known
        return (dns.rrset.from_text(name, ttl, "IN", "A", *ips) if kind == RdataType.A else None), True


def _resolve(response: dns.message.Message, name: dns.name.Name, kind: RdataType, source: _Source) -> None:
    for _ in range(_MOST_ALIASES):
        found, exists = source.find(name, kind)
        if found is None:
            response.authority.append(soa(name, source.serial))
            if not exists:
                response.set_rcode(dns.rcode.NXDOMAIN)
            return
        response.answer.append(found)
        if found.rdtype == kind or found.rdtype != RdataType.CNAME:
            return
        name = found[0].target
    response.set_rcode(dns.rcode.SERVFAIL)


def _named(name: dns.name.Name, rrset: dns.rrset.RRset) -> dns.rrset.RRset:
    """Return the record set under the name as it was asked for, upper and lower case included."""
    return dns.rrset.from_rdata_list(name, rrset.ttl, list(rrset))
