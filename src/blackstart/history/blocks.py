"""The blocks of sequences that a ledger reserved before it used them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blackstart.history.chunks import Chunks
from blackstart.history.records import Kind

WRITER_SHIFT = np.uint64(48)  # writer and sequence in one sortable key: sequences stay below 2**48


@dataclass(frozen=True)
class Blocks:
    """Reserved blocks, ordered by writer and first sequence; they do not overlap.

    ``length``: sequences reserved; ``used``: how many of them an orderly end kept (it hands the rest back);
    ``reserved_ns``: when, 0 for a write whose reservation was lost to damage.
    """

    writer: NDArray[np.uint16]
    first: NDArray[np.uint64]
    length: NDArray[np.uint64]
    used: NDArray[np.uint64]
    reserved_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def count(self) -> int:
        """How many sequences all blocks hold."""
        return int(self.length.sum())

    def rows_before(self, writer: int, seq: NDArray[np.uint64]) -> NDArray[np.intp]:
        """Return, for each sequence of one writer, the row of the first write that is not before it."""
        low, high = (int(np.searchsorted(self.writer, np.int64(writer), side)) for side in ("left", "right"))
        begin = int(self.length[:low].sum())
        first, length = self.first[low:high], self.length[low:high]
        if not len(first):
            return np.full(len(seq), begin, dtype=np.intp)
        offset = begin + np.concatenate(([0], np.cumsum(length)[:-1])).astype(np.intp)
        block = np.searchsorted(first, seq, side="right") - 1
        within = np.minimum(seq - first[block], length[block]).astype(np.intp)
        return np.where(block < 0, begin, offset[block] + within)

    def writers(self) -> NDArray[np.uint16]:
        """Return the writer of every reserved sequence."""
        return np.repeat(self.writer, self.length.astype(np.intp))

    def sequences(self) -> NDArray[np.uint64]:
        """Return every reserved sequence."""
        return self._spread(self.first) + self._within()

    def joined_by(self, strays: NDArray[np.uint64]) -> "Blocks":
        """Return these blocks and one more for each write, by its key, that none of them holds."""
        strays = np.unique(strays)
        ones = np.ones(len(strays), dtype=np.uint64)
        mask = (np.uint64(1) << WRITER_SHIFT) - np.uint64(1)
        writer = np.concatenate((self.writer, (strays >> WRITER_SHIFT).astype(np.uint16)))
        first = np.concatenate((self.first, strays & mask))
        length, used = np.concatenate((self.length, ones)), np.concatenate((self.used, ones))
        reserved = np.concatenate((self.reserved_ns, np.zeros(len(strays), dtype=np.int64)))
        order = np.argsort(keys_of(writer, first), kind="stable")
        return Blocks(writer[order], first[order], length[order], used[order], reserved[order])

    def handed_back(self) -> NDArray[np.bool_]:
        """Return which reserved sequences an orderly end handed back unused."""
        found = np.zeros(self.count, dtype=np.bool_)
        begins = self._offsets()
        for block in np.flatnonzero(self.used < self.length).tolist():  # few: an end hands back the last of a writer
            begin = int(begins[block])
            found[begin + int(self.used[block]) : begin + int(self.length[block])] = True
        return found

    def _offsets(self) -> NDArray[np.uint64]:
        return np.concatenate(([0], np.cumsum(self.length)[:-1])).astype(np.uint64)

    def _within(self) -> NDArray[np.uint64]:
        return np.arange(self.count, dtype=np.uint64) - self._spread(self._offsets()[: len(self)])

    def _spread(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return np.repeat(values, self.length.astype(np.intp))


class Places:
    """Where a write, by its key, stands among all reserved sequences.

    Blocks that follow on one another are looked up as one: of each writer there are few such, however many blocks.
    """

    def __init__(self, blocks: Blocks) -> None:
        starts = keys_of(blocks.writer, blocks.first)
        first = np.flatnonzero(np.append(True, starts[1:] != (starts + blocks.length)[:-1])[: len(starts)])
        self._starts = starts[first]
        self._length = np.add.reduceat(blocks.length, first) if len(first) else blocks.length
        self._offsets = (np.cumsum(blocks.length) - blocks.length)[first]

    def rows(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return each write's row, and whether a block holds it at all."""
        if not len(self._starts):
            return np.zeros(len(keys), np.intp), np.zeros(len(keys), np.bool_)
        block = np.maximum(np.searchsorted(self._starts, keys, side="right"), 1) - 1
        within = keys - self._starts[block]  # wraps round for a write before the first block: then it is no length
        return (self._offsets[block] + within).astype(np.intp), within < self._length[block]


def read_blocks(chunks: Chunks) -> Blocks:
    """Return the blocks that a ledger's records reserve."""
    reserved = [records[records["kind"] == Kind.RESERVED] for records in chunks]
    entries = np.concatenate(reserved) if reserved else np.empty(0, chunks.dtype)
    keys = keys_of(entries["writer"], entries["seq"])
    order = np.argsort(keys, kind="stable")
    entries, keys = entries[order], keys[order]
    # The first record of a block reserves, the last one says how much of it was kept.
    new = np.concatenate(([True], keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, dtype=np.bool_)
    starts = np.flatnonzero(new)
    last = np.append(starts[1:], len(keys))[: len(starts)] - 1
    first = entries[starts]
    return Blocks(first["writer"], first["seq"], first["aux"], entries["aux"][last], first["time_ns"])


def keys_of(writer: NDArray[np.uint16], seq: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return writer and sequence of each write in one number that sorts by both."""
    return (writer.astype(np.uint64) << WRITER_SHIFT) | seq
