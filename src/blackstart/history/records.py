"""The two fixed binary records of a history: one canary probe, one event of a write.

Little-endian, no header, the last four bytes are the CRC-32 of those before them: a file cut at any
byte loses at most its last record, and says so. All times are monotonic nanoseconds, 0 = never.
"""

from enum import IntEnum
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


_SAMPLE = Struct("<QqqqHBBII")
_ENTRY = Struct("<BHQqHQ")
_CRC_BYTES = 4
_BEAT = Struct("<q")

SAMPLE_BYTES = _SAMPLE.size + _CRC_BYTES
ENTRY_BYTES = _ENTRY.size + _CRC_BYTES
BEAT_BYTES = _BEAT.size


def pack_sample(sample: Sample) -> bytes:
    """Return the 48 bytes of a canary probe."""
    body = _SAMPLE.pack(*sample)
    return body + crc32(body).to_bytes(_CRC_BYTES, "little")


def pack_entry(entry: Entry) -> bytes:
    """Return the 33 bytes of a ledger event."""
    body = _ENTRY.pack(*entry)
    return body + crc32(body).to_bytes(_CRC_BYTES, "little")


def pack_beat(time_ns: int) -> bytes:
    """Return the 8 bytes of a heartbeat."""
    return _BEAT.pack(time_ns)
