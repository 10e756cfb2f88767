"""The two fixed binary records of a history: one canary probe, one event of a write.

Little-endian, no header, the last four bytes are the CRC-32 of those before them: a file cut at any
byte loses at most its last record, and says so. All times are monotonic nanoseconds, 0 = never.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from itertools import starmap
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

    The checksums of many are added at once, in loops of the interpreter's own C: one at a time costs twice as much.
    """

    def __init__(self, fields: str) -> None:
        body = Struct(f"<{fields}")
        self._body_bytes = body.size
        self.size = self._body_bytes + _CRC_BYTES
        self.pack = Struct(f"<{fields}{_CRC_BYTES}x").pack
        """Return the bytes of one record by its fields, no checksum in them yet. Raises struct.error."""
        self._structs = cache(self._structs_of)

    def add_checksums(self, records: bytearray) -> None:
        """Write behind each record's fields what was left open."""
        at_once = self.size * _AT_ONCE
        checksums = b"".join(self._checksums(records[i : i + at_once]) for i in range(0, len(records), at_once))
        for byte in range(_CRC_BYTES):
            records[self._body_bytes + byte :: self.size] = checksums[byte::_CRC_BYTES]

    def packed(self, records: Iterable[tuple[int, ...]]) -> bytes:
        """Return whole records, in order."""
        data = bytearray(b"".join(starmap(self.pack, records)))
        self.add_checksums(data)
        return bytes(data)

    def _checksums(self, records: bytearray) -> bytes:
        bodies, checksums = self._structs(len(records) // self.size)
        return checksums.pack(*map(crc32, bodies.unpack(records)))

    def _structs_of(self, count: int) -> tuple[Struct, Struct]:
        return Struct("<" + f"{self._body_bytes}s{_CRC_BYTES}x" * count), Struct(f"<{count}I")


_CRC_BYTES = 4
_AT_ONCE = 64
_SAMPLE = Layout("QqqqHBBII")
_ENTRY = Layout("BHQqHQ")
_BEAT = Struct("<q")

SAMPLE_BYTES = _SAMPLE.size
ENTRY_BYTES = _ENTRY.size
BEAT_BYTES = _BEAT.size

open_sample = _SAMPLE.pack
"""Return the 48 bytes of a `Sample`'s fields, its checksum left open."""

open_entry = _ENTRY.pack
"""Return the 33 bytes of an `Entry`'s fields, its checksum left open."""

pack_beat = _BEAT.pack
"""Return the 8 bytes of a heartbeat."""

check_samples = _SAMPLE.add_checksums
"""Add the checksums that canary probes were left open for."""

check_entries = _ENTRY.add_checksums
"""Add the checksums that ledger events were left open for."""


def pack_samples(samples: Iterable[Sample]) -> bytes:
    """Return canary probes, 48 bytes each."""
    return _SAMPLE.packed(samples)


def pack_entries(entries: Iterable[tuple[int, ...]]) -> bytes:
    """Return ledger events, each an `Entry` or its fields, 33 bytes each."""
    return _ENTRY.packed(entries)


def pack_beats(times_ns: Iterable[int]) -> bytes:
    """Return heartbeats, 8 bytes each."""
    return b"".join(map(pack_beat, times_ns))
