"""What became of each write, and no more: a ledger of any size, read in two passes over its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history.blocks import WRITER_SHIFT, Places, keys_of, read_blocks
from blackstart.history.chunks import Chunks
from blackstart.history.reading import LEDGER, Damage
from blackstart.history.records import Kind, WriteOutcome

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
    place, spans = Places(blocks), _spans(survivors or {})
    found = _nothing(blocks.count)
    for records in chunks:
        found.strays += _take(found, place, spans, records)
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


def _take(found: Settled, place: Places, survivors: NDArray[np.uint64], records: NDArray[Any]) -> int:
    """Fill in what the records tell; return how many of them no reservation covers."""
    told = np.flatnonzero(records["kind"] != Kind.RESERVED)
    keys = keys_of(records["writer"][told], records["seq"][told])
    rows, known = place.rows(keys)
    if not known.all():
        told, keys, rows = told[known], keys[known], rows[known]
    kinds = records["kind"][told]
    # A contradiction keeps the strongest knowledge: an acknowledgement, then doubt, then a failure.
    for kind in (Kind.SENT, Kind.FAILED, Kind.UNKNOWN, Kind.ACKNOWLEDGED):
        chosen = np.flatnonzero(kinds == kind)
        if len(chosen):
            _fill(found, kind, rows[chosen], records[told[chosen]])
        if kind is Kind.SENT:
            found.survived[rows[chosen]] = _among(survivors, keys[chosen])
    return int(np.count_nonzero(~known))


def _fill(found: Settled, kind: Kind, rows: NDArray[np.intp], records: NDArray[Any]) -> None:
    if kind is Kind.SENT:
        found.sent[rows] = records["time_ns"]
        # Until the answer comes this holds how long the write was overdue when it was sent.
        late_us = (records["time_ns"] - records["aux"].view(np.int64)) // 1000
        found.waited_us[rows] = np.clip(late_us, 0, 2**31)
        return
    if kind is not Kind.ACKNOWLEDGED:
        open_ = found.done[rows] == 0 if kind is Kind.FAILED else found.outcome[rows] != WriteOutcome.OK
        rows, records = rows[open_], records[open_]
    since = np.where(found.done[rows] > 0, found.done[rows], found.sent[rows])
    more_us = np.where(since > 0, (records["time_ns"] - since) // 1000, 0)
    found.waited_us[rows] = np.clip(found.waited_us[rows] + more_us, 0, 2**31)
    found.done[rows] = records["time_ns"]
    found.endpoint[rows] = records["endpoint"]
    found.outcome[rows] = _OUTCOMES[kind]


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
