"""What became of each write, and no more: a ledger of any size, read in two passes over its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackstart.history.blocks import WRITER_SHIFT, Places, read_blocks
from blackstart.history.chunks import Chunks
from blackstart.history.reading import LEDGER, Damage
from blackstart.history.records import Kind, WriteOutcome
from blackstart.history.told import Told, told

Ranges = Mapping[int, Sequence[tuple[int, int]]]


@dataclass
class Settled:
    """All reserved writes as arrays of one length; times in monotonic ns, 0 = never.

    ``waited_us``: from when a write was due until its answer, or how late it was sent where none came. ``survived``:
    whether it is among the survivors that were given. ``strays``: how many records were left out because the
    reservation of their write was damaged.
    """

    sent: NDArray[np.int64]
    waited_us: NDArray[np.uint32]
    outcome: NDArray[np.uint8]
    endpoint: NDArray[np.uint8]
    survived: NDArray[np.bool_]
    done: NDArray[np.int64]
    strays: int = 0
    damage: Damage | None = None


def read_settled(path: Path, survivors: Ranges | None = None) -> Settled:
    """Read a ledger's file. Raises OSError where it cannot be read, ValueError for survivors that are no ranges."""
    chunks = Chunks(path, LEDGER)
    blocks = read_blocks(chunks)
    places, spans = Places(blocks), _spans(survivors or {})
    found = _nothing(blocks.count)
    for records in chunks:
        for part in told(records, places):
            _take(found, part, spans)
    found.damage = chunks.damage
    return found


def _nothing(count: int) -> Settled:
    return Settled(
        np.zeros(count, np.int64),
        np.zeros(count, np.uint32),
        np.full(count, WriteOutcome.UNKNOWN, np.uint8),
        np.zeros(count, np.uint8),
        np.zeros(count, np.bool_),
        np.zeros(count, np.int64),
    )


def _take(found: Settled, part: Told, survivors: NDArray[np.uint64]) -> None:
    """Fill in what records of one kind tell."""
    found.strays += len(part.strays)
    if part.kind is Kind.SENT:
        _sent(found, part)
        found.survived[part.rows] = _among(survivors, part.keys)
    else:
        _answered(found, part)


def _sent(found: Settled, part: Told) -> None:
    found.sent[part.rows] = part.time_ns
    # Until the answer comes this holds how long the write was overdue when it was sent.
    found.waited_us[part.rows] = np.clip((part.time_ns - part.aux.view(np.int64)) // 1000, 0, 2**31)


def _answered(found: Settled, part: Told) -> None:
    rows, time_ns, endpoint = part.rows, part.time_ns, part.endpoint
    before = found.done[rows]
    if part.kind is not Kind.ACKNOWLEDGED:
        open_ = before == 0 if part.kind is Kind.FAILED else found.outcome[rows] != WriteOutcome.OK
        rows, time_ns, endpoint, before = rows[open_], time_ns[open_], endpoint[open_], before[open_]
    since = np.where(before > 0, before, found.sent[rows])
    more_us = np.where(since > 0, (time_ns - since) // 1000, 0)
    found.waited_us[rows] = np.clip(found.waited_us[rows] + more_us, 0, 2**31)
    found.done[rows] = time_ns
    found.endpoint[rows] = endpoint
    found.outcome[rows] = _OUTCOMES[part.kind]


def _spans(survivors: Ranges) -> NDArray[np.uint64]:
    """Return the first key in and the first key out of each range, ascending."""
    edges = [
        (writer << int(WRITER_SHIFT)) + edge
        for writer in sorted(survivors)
        for first, last in sorted(survivors[writer])
        for edge in (first, last + 1)
    ]
    if any(second < first for first, second in pairwise(edges)):
        raise ValueError("the survivors are no ranges: they overlap or run backwards")
    return np.array(edges, dtype=np.uint64)


def _among(spans: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    return np.equal(np.searchsorted(spans, keys, side="right") % 2, 1)


_OUTCOMES = {
    Kind.FAILED: WriteOutcome.FAIL,
    Kind.UNKNOWN: WriteOutcome.UNKNOWN,
    Kind.ACKNOWLEDGED: WriteOutcome.OK,
}
