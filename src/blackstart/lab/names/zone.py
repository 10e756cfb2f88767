"""The private zone: the records that an operator has made."""

from collections.abc import Iterable
from typing import TypedDict

import dns.exception
import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
from dns.rdatatype import RdataType

from blackstart.lab.layout import ZONE
from blackstart.outcome import UsageError

ORIGIN = dns.name.from_text(ZONE)
NEGATIVE_TTL_S = 1
"""For how long a resolver may remember that a name is not there."""


class Record(TypedDict):
    """One record set. ``values`` are in the text form of zone files; names in them end with a dot or are absolute."""

    name: str
    type: str
    ttl: int
    values: list[str]


class Zone:
    """All record sets of the zone, replaced as a whole."""

    def __init__(self) -> None:
        self.serial = 1
        self._records: list[Record] = []
        self._sets: dict[tuple[dns.name.Name, RdataType], dns.rrset.RRset] = {}
        self._names: set[dns.name.Name] = {ORIGIN}

    @property
    def records(self) -> list[Record]:
        return list(self._records)

    def replace(self, records: Iterable[Record]) -> None:
        """Take these records in place of all that were there. Raises ``UsageError``, and then changes nothing."""
        records = list(records)
        parsed = [parse(record) for record in records]
        self._records = sorted(records, key=lambda record: (record["name"], record["type"]))
        self._sets = {(rrset.name, rrset.rdtype): rrset for rrset in parsed}
        self._names = {name for rrset in parsed for name in _up_to_origin(rrset.name)} | {ORIGIN}
        self.serial += 1

    def find(self, name: dns.name.Name, kind: RdataType) -> dns.rrset.RRset | None:
        """Return the record set of that type, or the CNAME that stands in for it."""
        return self._sets.get((name, kind)) or self._sets.get((name, RdataType.CNAME))

    def has(self, name: dns.name.Name) -> bool:
        """Tell whether there is anything at or below that name: if not, it does not exist."""
        return name in self._names


def soa(name: dns.name.Name, serial: int) -> dns.rrset.RRset:
    """Return the start of authority that goes with a negative answer about that name."""
    owner = ORIGIN if name.is_subdomain(ORIGIN) else dns.name.root
    text = f"ns.{ZONE}. hostmaster.{ZONE}. {serial} 7200 900 1209600 {NEGATIVE_TTL_S}"
    return dns.rrset.from_text(owner, NEGATIVE_TTL_S, "IN", "SOA", text)


def parse(record: Record) -> dns.rrset.RRset:
    """Return the record set as it is served. Raises ``UsageError`` for one that is no record, or not of this zone."""
    try:
        name = dns.name.from_text(record["name"]).canonicalize()
        values = [_absolute(record["type"], value) for value in record["values"]]
        rrset = dns.rrset.from_text(name, record["ttl"], "IN", record["type"], *values)
    except (dns.exception.DNSException, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"record {record!r}: {error or type(error).__name__}") from error
    if not name.is_subdomain(ORIGIN) or not values:
        raise UsageError(f"record {record['name']!r}: give one or more values for a name in {ZONE}")
    return rrset


def _absolute(kind: str, value: str) -> str:
    return value if kind != "CNAME" or value.endswith(".") else f"{value}."


def _up_to_origin(name: dns.name.Name) -> Iterable[dns.name.Name]:
    while name != ORIGIN:
        yield name
        name = name.parent()
