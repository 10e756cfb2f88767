"""What a ledger's records tell of its writes: one kind of record at a time, and only the columns that count."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history.blocks import Places, keys_of
from blackstart.history.records import Entry, Kind

KINDS = (Kind.SENT, Kind.FAILED, Kind.UNKNOWN, Kind.ACKNOWLEDGED)
"""In the order of their strength: a contradiction keeps an acknowledgement, then doubt, then a failure."""


@dataclass(frozen=True)
class Told:
    """Records of one kind, in the file's order, as columns of one length.

    ``rows`` of their writes among all that were reserved, ``keys`` that say which writes these are; the others as in
    `Entry`. ``strays`` are the keys of further writes, whose reservation is missing.
    """

    kind: Kind
    rows: NDArray[np.intp]
    keys: NDArray[np.uint64]
    time_ns: NDArray[np.int64]
    endpoint: NDArray[np.uint16]
    aux: NDArray[np.uint64]
    strays: NDArray[np.uint64]


def told(records: NDArray[Any], places: Places) -> Iterator[Told]:
    """Yield what the records tell, the strongest last."""
    # A column is copied whole before some of it is chosen: to choose from records of 33 bytes takes five times as long.
    columns = {name: np.ascontiguousarray(records[name]) for name in Entry._fields}
    keys = keys_of(columns["writer"], columns["seq"])
    for kind in KINDS:
        chosen = np.flatnonzero(columns["kind"] == kind)
        if not len(chosen):
            continue
        rows, known = places.rows(keys[chosen])
        strays = keys[chosen[~known]]
        if len(strays):
            chosen, rows = chosen[known], rows[known]
        time_ns, endpoint, aux = (columns[name][chosen] for name in ("time_ns", "endpoint", "aux"))
        yield Told(kind, rows, keys[chosen], time_ns, endpoint, aux, strays)
