"""The sequences of one writer: none is used before the journal that reserves it is on the disk."""

from dataclasses import dataclass

from blackstart.history.records import Entry, Kind, pack_entry
from blackstart.history.writing import RecordFile


@dataclass
class _Block:
    first: int
    length: int
    position: int  # of its record in the journal
    used: int = 0


class Sequences:
    """Hands out 1, 2, 3, … from reserved blocks, so that a crash leaves "unknown", never "forgotten"."""

    def __init__(self, writer: int, journal: RecordFile, block_length: int) -> None:
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
        return self._journal.append(pack_entry(Entry(Kind.RESERVED, self._writer, first, now_ns, 0, length)))
