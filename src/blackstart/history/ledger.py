"""What was written, and what is known of each write."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history.blocks import Blocks, Places, keys_of, read_blocks
from blackstart.history.chunks import Chunks
from blackstart.history.reading import LEDGER, Damage
from blackstart.history.records import Kind, WriteOutcome


@dataclass(frozen=True)
class Ledger:
    """All writes as arrays of one length, ordered by writer and sequence.

    Every sequence that was ever reserved has a row, so no write is forgotten: one without an answer is
    UNKNOWN (``done`` 0), one never seen sent has ``sent`` 0 as well. Times are monotonic nanoseconds, 0 =
    never. ``outcome`` holds `WriteOutcome` values, ``endpoint`` the index+1 of the region that answered,
    ``error`` the code of a failed or unknown write. Which writer and sequence a row is of, ``blocks`` say.
    """

    scheduled: NDArray[np.int64]
    sent: NDArray[np.int64]
    done: NDArray[np.int64]
    outcome: NDArray[np.uint8]
    endpoint: NDArray[np.uint16]
    error: NDArray[np.uint16]
    blocks: Blocks
    damage: Damage | None = None

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def writer(self) -> NDArray[np.uint16]:
        return self.blocks.writers()

    @property
    def seq(self) -> NDArray[np.uint64]:
        return self.blocks.sequences()

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
    chunks = Chunks(path, LEDGER)
    blocks = read_blocks(chunks)
    ledger, strays = _filled(chunks, blocks)
    if len(strays):  # the reservation of a write was damaged: so rarely that another pass may be its price
        ledger, _ = _filled(chunks, blocks.joined_by(strays))
    return replace(ledger, damage=chunks.damage)


def _filled(chunks: Chunks, blocks: Blocks) -> tuple[Ledger, NDArray[np.uint64]]:
    """Return what the records tell of the blocks' writes, and the keys of those that no block holds."""
    ledger, places, strays = _unanswered(blocks), Places(blocks), [np.empty(0, np.uint64)]
    for records in chunks:
        told = np.flatnonzero(records["kind"] != Kind.RESERVED)
        keys = keys_of(records["writer"][told], records["seq"][told])
        rows, known = places.rows(keys)
        if not known.all():
            strays.append(keys[~known])
            told, rows = told[known], rows[known]
        kinds = records["kind"][told]
        for kind in _STRENGTH:
            chosen = np.flatnonzero(kinds == kind)
            _fill(ledger, kind, rows[chosen], records[told[chosen]])
    handed_back = (ledger.outcome == 0) & blocks.handed_back()
    ledger.outcome[:] = _OUTCOMES[ledger.outcome]
    ledger.outcome[handed_back] = WriteOutcome.NONE
    return ledger, np.concatenate(strays)


def _unanswered(blocks: Blocks) -> Ledger:
    count = blocks.count
    return Ledger(
        scheduled=np.zeros(count, np.int64),
        sent=np.zeros(count, np.int64),
        done=np.zeros(count, np.int64),
        outcome=np.zeros(count, np.uint8),
        endpoint=np.zeros(count, np.uint16),
        error=np.zeros(count, np.uint16),
        blocks=blocks,
    )


def _fill(ledger: Ledger, kind: Kind, rows: NDArray[np.intp], entries: NDArray[Any]) -> None:
    """Fill in records of one kind. Until all are read, ``outcome`` holds the strength of what is known."""
    strength = _STRENGTH[kind]
    if kind is Kind.SENT:
        ledger.sent[rows] = entries["time_ns"]
        ledger.scheduled[rows] = entries["aux"].view(np.int64)
        ledger.outcome[rows] = np.maximum(ledger.outcome[rows], strength)
        return
    open_ = ledger.outcome[rows] <= strength
    if not open_.all():
        rows, entries = rows[open_], entries[open_]
    ledger.done[rows] = entries["time_ns"]
    ledger.endpoint[rows] = entries["endpoint"]
    ledger.error[rows] = 0 if kind is Kind.ACKNOWLEDGED else entries["aux"].astype(np.uint16)
    ledger.outcome[rows] = strength


_STRENGTH = {Kind.SENT: 1, Kind.FAILED: 2, Kind.UNKNOWN: 3, Kind.ACKNOWLEDGED: 4}
"""A contradiction keeps the strongest knowledge: an acknowledgement, then doubt, then a failure."""

_OUTCOMES = np.array(
    [WriteOutcome.UNKNOWN, WriteOutcome.UNKNOWN, WriteOutcome.FAIL, WriteOutcome.UNKNOWN, WriteOutcome.OK], np.uint8
)
"""What became of a write, by the strength of what is known of it."""
