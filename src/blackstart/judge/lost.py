"""Which acknowledged writes were lost, by name: what a person looks for in the application's own tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blackstart.history import Ledger
from blackstart.judge import view
from blackstart.judge.loss import Flags
from blackstart.judge.record import read


@dataclass(frozen=True)
class LostSpan:
    """Consecutive acknowledged writes of one writer that are not there. ``first`` and ``last`` are sequences."""

    store: str
    writer: int
    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        which = f"{self.first}" if self.count == 1 else f"{self.first}-{self.last}"
        return f"{self.store} {which} of writer {self.writer}"


def lost_writes(run_dir: Path) -> list[LostSpan]:
    """Return what a run's record says was acknowledged and lost; nothing where the loss could not be measured."""
    record = read(run_dir)
    # A drill has one ledger at most, and a store's entries (before and after a failback) are all of that ledger.
    ledger = next(iter(record.ledgers.values()), None)
    stores = view.of_record(record).stores if ledger is not None else ()
    return [
        span
        for store in stores
        if ledger is not None and store.loss is not None and store.loss.lost_rows is not None
        for span in _spans(store.name, ledger, store.loss.lost_rows)
    ]


def _spans(store: str, ledger: Ledger, lost: Flags) -> Iterator[LostSpan]:
    writers, sequences = ledger.writer[lost].astype(np.int64), ledger.seq[lost].astype(np.int64)
    if not len(writers):
        return
    breaks = np.flatnonzero((np.diff(writers) != 0) | (np.diff(sequences) != 1)) + 1
    for rows in np.split(np.arange(len(writers)), breaks):
        yield LostSpan(store, int(writers[rows[0]]), int(sequences[rows[0]]), int(sequences[rows[-1]]))
