"""What was written, and what is known of each write."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history.blocks import Blocks, read_blocks
from blackstart.history.reading import LEDGER, Damage, read_records
from blackstart.history.records import Kind, WriteOutcome

CHUNK = 1 << 20  # records filled in at once: bounds the temporaries


@dataclass(frozen=True)
class Ledger:
    """All writes as arrays of one length, ordered by writer and sequence.

    Every sequence that was ever reserved has a row, so no write is forgotten: one without an answer is
    UNKNOWN (``done`` 0), one never seen sent has ``sent`` 0 as well. Times are monotonic nanoseconds, 0 =
    never. ``outcome`` holds `WriteOutcome` values, ``endpoint`` the index+1 of the region that answered,
    ``error`` the code of a failed or unknown write, ``version`` what was acknowledged.
    """

    writer: NDArray[np.uint16]
    seq: NDArray[np.uint64]
    scheduled: NDArray[np.int64]
    sent: NDArray[np.int64]
    done: NDArray[np.int64]
    outcome: NDArray[np.uint8]
    endpoint: NDArray[np.uint16]
    version: NDArray[np.uint64]
    error: NDArray[np.uint16]
    blocks: Blocks
    damage: Damage | None = None

    def __len__(self) -> int:
        return len(self.seq)

    @property
    def acknowledged(self) -> NDArray[np.bool_]:
        return np.equal(self.outcome, WriteOutcome.OK)

    @property
    def failed(self) -> NDArray[np.bool_]:
        return np.equal(self.outcome, WriteOutcome.FAIL)

    @property
    def unknown(self) -> NDArray[np.bool_]:
        return np.equal(self.outcome, WriteOutcome.UNKNOWN)


def read_ledger(path: Path) -> Ledger:
    """Read a ledger's file. Raises OSError where it cannot be read."""
    records, damage = read_records(path, LEDGER)
    blocks = read_blocks(records)
    ledger = _unanswered(blocks, damage)
    # A contradiction keeps the strongest knowledge: an acknowledgement, then doubt, then a failure.
    for kind in (Kind.SENT, Kind.FAILED, Kind.UNKNOWN, Kind.ACKNOWLEDGED):
        for entries in _of_kind(records, kind):
            _fill(ledger, kind, blocks.rows(entries["writer"], entries["seq"]), entries)
    return ledger


def _unanswered(blocks: Blocks, damage: Damage | None) -> Ledger:
    count = blocks.count

    def empty(dtype: type) -> NDArray[Any]:
        return np.zeros(count, dtype=dtype)

    return Ledger(
        writer=blocks.writers(),
        seq=blocks.sequences(),
        scheduled=empty(np.int64),
        sent=empty(np.int64),
        done=empty(np.int64),
        outcome=np.where(blocks.handed_back(), WriteOutcome.NONE, WriteOutcome.UNKNOWN).astype(np.uint8),
        endpoint=empty(np.uint16),
        version=empty(np.uint64),
        error=empty(np.uint16),
        blocks=blocks,
        damage=damage,
    )


def _of_kind(records: NDArray[Any], kind: Kind) -> Iterator[NDArray[Any]]:
    for start in range(0, len(records), CHUNK):
        chunk = records[start : start + CHUNK]
        yield chunk[chunk["kind"] == kind]


def _fill(ledger: Ledger, kind: Kind, rows: NDArray[np.intp], entries: NDArray[Any]) -> None:
    if kind is Kind.SENT:
        ledger.sent[rows] = entries["time_ns"]
        ledger.scheduled[rows] = entries["aux"].view(np.int64)
        ledger.outcome[rows] = WriteOutcome.UNKNOWN
        return
    ledger.done[rows] = entries["time_ns"]
    ledger.endpoint[rows] = entries["endpoint"]
    ledger.outcome[rows] = _OUTCOMES[kind]
    if kind is Kind.ACKNOWLEDGED:
        ledger.version[rows] = entries["aux"]
        ledger.error[rows] = 0
    else:
        ledger.error[rows] = entries["aux"].astype(np.uint16)


_OUTCOMES = {
    Kind.FAILED: WriteOutcome.FAIL,
    Kind.UNKNOWN: WriteOutcome.UNKNOWN,
    Kind.ACKNOWLEDGED: WriteOutcome.OK,
}
