"""The blocks of sequences that a ledger reserved before it used them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    def rows(self, writer: NDArray[np.uint16], seq: NDArray[np.uint64]) -> NDArray[np.intp]:
        """Return where those writes stand among all reserved sequences."""
        keys = _keys(writer, seq)
        starts = _keys(self.writer, self.first)
        block = np.searchsorted(starts, keys, side="right") - 1
        return (self._offsets()[block] + (keys - starts[block])).astype(np.intp)

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

    def handed_back(self) -> NDArray[np.bool_]:
        """Return which reserved sequences an orderly end handed back unused."""
        return self._within() >= self._spread(self.used)

    def _offsets(self) -> NDArray[np.uint64]:
        return np.concatenate(([0], np.cumsum(self.length)[:-1])).astype(np.uint64)

    def _within(self) -> NDArray[np.uint64]:
        return np.arange(self.count, dtype=np.uint64) - self._spread(self._offsets()[: len(self)])

    def _spread(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        return np.repeat(values, self.length.astype(np.intp))


def read_blocks(records: NDArray[Any]) -> Blocks:
    """Return the reserved blocks of a ledger's records, and a block of one for each write outside of them."""
    blocks = _reserved(records[records["kind"] == Kind.RESERVED])
    events = records[records["kind"] != Kind.RESERVED]
    strays = _strays(blocks, _keys(events["writer"], events["seq"]))
    return _with_strays(blocks, strays) if len(strays) else blocks


def _reserved(entries: NDArray[Any]) -> Blocks:
    keys = _keys(entries["writer"], entries["seq"])
    order = np.argsort(keys, kind="stable")
    entries, keys = entries[order], keys[order]
    # The first record of a block reserves, the last one says how much of it was kept.
    new = np.concatenate(([True], keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, dtype=np.bool_)
    starts = np.flatnonzero(new)
    last = np.append(starts[1:], len(keys))[: len(starts)] - 1
    first = entries[starts]
    return Blocks(first["writer"], first["seq"], first["aux"], entries["aux"][last], first["time_ns"])


def _strays(blocks: Blocks, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys that no block holds: their reservation was damaged."""
    if not len(blocks):
        return np.unique(keys)
    starts = _keys(blocks.writer, blocks.first)
    block = np.searchsorted(starts, keys, side="right") - 1
    outside = (block < 0) | (keys - starts[block] >= blocks.length[block])
    return np.unique(keys[outside])


def _with_strays(blocks: Blocks, strays: NDArray[np.uint64]) -> Blocks:
    ones = np.ones(len(strays), dtype=np.uint64)
    mask = (np.uint64(1) << WRITER_SHIFT) - np.uint64(1)
    writer = np.concatenate((blocks.writer, (strays >> WRITER_SHIFT).astype(np.uint16)))
    first = np.concatenate((blocks.first, strays & mask))
    length, used = np.concatenate((blocks.length, ones)), np.concatenate((blocks.used, ones))
    reserved = np.concatenate((blocks.reserved_ns, np.zeros(len(strays), dtype=np.int64)))
    order = np.argsort(_keys(writer, first), kind="stable")
    return Blocks(writer[order], first[order], length[order], used[order], reserved[order])


def _keys(writer: NDArray[np.uint16], seq: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (writer.astype(np.uint64) << WRITER_SHIFT) | seq
