"""The two fixed binary records of a history: one canary probe, one event of a write.

Little-endian, no header, the last four bytes are the CRC-32 of those before them: a file cut at any
byte loses at most its last record, and says so. All times are monotonic nanoseconds, 0 = never.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import chain
from struct import Struct
from typing import NamedTuple
from zlib import crc32


class Result(IntEnum):
    """How one canary probe ended. SKIPPED and INVALID say nothing about the target, only about the observer."""

    GOOD = 0
    SLOW = 1  # answered rightly, but later than the SLO
    WRONG_STATUS = 2
    WRONG_BODY = 3
    TIMEOUT = 4
    REFUSED = 5
    RESET = 6  # closed or garbled before a whole reply
    OTHER = 7  # name not resolved, no route, …: the status tells which
    SKIPPED = 8  # too many probes were outstanding: never sent
    INVALID = 9  # the observer itself was late or stalled


EXTRA = 1
"""Flag of a probe that was sent between the ticks, because an outage was under way."""

BAD_RESULTS = frozenset(range(Result.SLOW, Result.SKIPPED))


class Kind(IntEnum):
    """What one ledger record tells of a write."""

    RESERVED = 1  # a block of sequences; the same block again, shorter: the rest is handed back, never sent
    SENT = 2
    ACKNOWLEDGED = 3
    UNKNOWN = 4
    FAILED = 5


class WriteOutcome(IntEnum):
    """What is known of one write, as stored in ``Ledger.outcome``."""

    NONE = 0  # reserved, then handed back by an orderly end: certainly never sent
    OK = 1
    FAIL = 2
    UNKNOWN = 3  # no answer, or reserved and never heard of again


class Sample(NamedTuple):
    """One canary probe; ``seq`` is the order of sending. ``served_by`` is index+1 into the plan's regions, 0 = unknown.

    ``status`` is what the target declared: an HTTP status, or a DNS response code; 0 for none. Where the result is
    OTHER it is the number of the observer's `Failure`. ``flags`` has EXTRA for a probe beyond the canary's own rate.
    """

    seq: int
    scheduled: int
    sent: int
    done: int
    status: int
    result: int
    served_by: int
    lag_us: int
    flags: int = 0


class Entry(NamedTuple):
    """One ledger event.

    ``aux`` is the block's length (RESERVED), the scheduled time (SENT), the version (ACKNOWLEDGED) or an
    error code (UNKNOWN, FAILED). ``endpoint`` is the index+1 of the region that answered.
    """

    kind: int
    writer: int
    seq: int
    time_ns: int
    endpoint: int = 0
    aux: int = 0


class Layout:
    """A fixed record: little-endian fields, and behind them the CRC-32 of those bytes.

    Packs many at once, in loops of the interpreter's own C: one at a time costs three times as much.
    """

    def __init__(self, fields: str) -> None:
        self._fields = fields
        self._one = Struct(f"<{fields}")
        self._body_bytes = self._one.size
        self.size = self._body_bytes + _CRC_BYTES
        self._structs = cache(self._structs_of)

    def pack_one(self, record: tuple[int, ...]) -> bytes:
        """Return the bytes of one record, as `pack` does."""
        body = self._one.pack(*record)
        return body + crc32(body).to_bytes(_CRC_BYTES, "little")

    def pack(self, records: Sequence[tuple[int, ...]]) -> bytes:
        """Return the bytes of the records in order. Raises struct.error for a value that does not fit its field."""
        return b"".join(self._packed(records[i : i + _AT_ONCE]) for i in range(0, len(records), _AT_ONCE))

    def _packed(self, records: Sequence[tuple[int, ...]]) -> bytes:
        joined, apart, checked = self._structs(len(records))
        bodies = apart.unpack(joined.pack(*chain.from_iterable(records)))
        return checked.pack(*chain.from_iterable(zip(bodies, map(crc32, bodies), strict=True)))

    def _structs_of(self, count: int) -> tuple[Struct, Struct, Struct]:
        body = f"{self._body_bytes}s"
        return Struct("<" + self._fields * count), Struct(body * count), Struct("<" + f"{body}I" * count)


_CRC_BYTES = 4
_AT_ONCE = 64
_SAMPLE = Layout("QqqqHBBII")
_ENTRY = Layout("BHQqHQ")
_BEAT = Struct("<q")

SAMPLE_BYTES = _SAMPLE.size
ENTRY_BYTES = _ENTRY.size
BEAT_BYTES = _BEAT.size


def pack_sample(sample: Sample) -> bytes:
    """Return the 48 bytes of a canary probe.

    Who probes packs each one at once: whatever waits as an object costs more in the interpreter's collector, and a
    thread that packs many holds up the sending.
    """
    return _SAMPLE.pack_one(sample)


def pack_samples(samples: Sequence[Sample]) -> bytes:
    """Return canary probes, 48 bytes each."""
    return _SAMPLE.pack(samples)


def pack_entries(entries: Sequence[tuple[int, ...]]) -> bytes:
    """Return ledger events, each an `Entry` or its fields, 33 bytes each."""
    return _ENTRY.pack(entries)


def joined(packed: Sequence[bytes]) -> bytes:
    """Return what is bytes already, one behind the other."""
    return b"".join(packed)


def pack_beats(times_ns: Sequence[int]) -> bytes:
    """Return heartbeats, 8 bytes each."""
    return b"".join(map(_BEAT.pack, times_ns))
