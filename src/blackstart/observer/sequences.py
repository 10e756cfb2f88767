"""The sequences of one writer: none is used before the journal that reserves it is on the disk."""

import time
from dataclasses import dataclass

from blackstart.history.ledger_file import LedgerFile
from blackstart.history.records import Kind

_LEAST_BLOCK, _MOST_BLOCK = 16, 4096


def block_length(rate_per_s: float, writers: int) -> int:
    """Return how many sequences a block of one writer has: about a second's worth.

    A crash leaves no more than two blocks of each writer unknown.
    """
    return min(_MOST_BLOCK, max(_LEAST_BLOCK, round(rate_per_s / writers)))


@dataclass
class _Block:
    first: int
    length: int
    position: int  # of its record in the journal
    used: int = 0


class Sequences:
    """Hands out 1, 2, 3, … from reserved blocks, so that a crash leaves "unknown", never "forgotten"."""

    def __init__(self, writer: int, journal: LedgerFile, block_length: int) -> None:
        self._writer = writer
        self._journal = journal
        self._length = block_length
        self._blocks: list[_Block] = []
        self._next_first = 1

    def reserve(self, now_ns: int) -> int:
        """Journal one more block; return the journal's position that must be synced before it is used."""
        block = _Block(self._next_first, self._length, self._journal_block(self._next_first, self._length, now_ns))
        self._next_first += self._length
        self._blocks.append(block)
        return block.position

    def take(self, now_ns: int) -> int | None:
        """Return the next sequence; None while none is reserved and synced (the disk is too slow)."""
        if self._blocks and self._blocks[0].used == self._length:
            self._blocks.pop(0)
        if len(self._blocks) < 2:
            self.reserve(now_ns)
        block = self._blocks[0]
        if self._journal.written < block.position:
            return None
        block.used += 1
        return block.first + block.used - 1

    def hand_back(self, now_ns: int) -> None:
        """Journal what was never used, at an orderly end."""
        for block in self._blocks:
            if block.used < block.length:
                self._journal_block(block.first, block.used, now_ns)
        self._blocks.clear()

    def _journal_block(self, first: int, length: int, now_ns: int) -> int:
        self._journal.record(Kind.RESERVED, self._writer, first, now_ns, 0, length)
        return self._journal.position


def prepare(every: list[Sequences], journal: LedgerFile, timeout_s: float) -> None:
    """Reserve the first blocks and wait until they are on the disk. Raises OSError if they don't get there."""
    now_ns = time.monotonic_ns()
    position = max(sequences.reserve(now_ns) for sequences in every)
    if not journal.wait_synced(position, timeout_s):
        raise journal.error or TimeoutError(f"the disk took more than {timeout_s} s")
