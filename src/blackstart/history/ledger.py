"""What was written, and what is known of each write."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackstart.history.blocks import Blocks, Places, read_blocks
from blackstart.history.chunks import Chunks
from blackstart.history.reading import LEDGER, Damage
from blackstart.history.records import Kind, WriteOutcome
from blackstart.history.told import KINDS, Told, told


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
        for part in told(records, places):
            strays.append(part.strays)
            _fill(ledger, part)
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


def _fill(ledger: Ledger, part: Told) -> None:
    """Fill in records of one kind. Until all are read, ``outcome`` holds the strength of what is known."""
    rows, time_ns, endpoint, strength = part.rows, part.time_ns, part.endpoint, _STRENGTH[part.kind]
    known = ledger.outcome[rows]
    if part.kind is Kind.SENT:
        ledger.sent[rows] = time_ns
        ledger.scheduled[rows] = part.aux.view(np.int64)
        ledger.outcome[rows] = np.maximum(known, strength)
        return
    error = 0 * endpoint if part.kind is Kind.ACKNOWLEDGED else part.aux.astype(np.uint16)
    open_ = known <= strength
    if not open_.all():
        rows, time_ns, endpoint, error = rows[open_], time_ns[open_], endpoint[open_], error[open_]
    ledger.done[rows] = time_ns
    ledger.endpoint[rows] = endpoint
    ledger.error[rows] = error
    ledger.outcome[rows] = strength


_STRENGTH = {kind: strength for strength, kind in enumerate(KINDS, start=1)}

_OUTCOMES = np.array(
    [WriteOutcome.UNKNOWN, WriteOutcome.UNKNOWN, WriteOutcome.FAIL, WriteOutcome.UNKNOWN, WriteOutcome.OK], np.uint8
)
"""What became of a write, by the strength of what is known of it."""
