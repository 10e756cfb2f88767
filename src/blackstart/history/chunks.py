"""A file of fixed-size records, read a bounded number at a time: its size does not decide the memory it takes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history.checksum import intact
from blackstart.history.reading import Damage, damage_of

CHUNK = 1 << 17  # records at once


class Chunks:
    """The whole records of a file, in its order.

    ``count``: how many records it may hold, broken ones included. What was left out is known once all were read:
    ``damage``. Reading again skips the checksums, and leaves out the same records. Raises OSError where the file
    cannot be read.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.path, self.dtype = path, dtype
        self.count, self._cut = divmod(path.stat().st_size, dtype.itemsize)
        self._broken: NDArray[np.intp] | None = None

    def __iter__(self) -> Iterator[NDArray[Any]]:
        known, found = self._broken, [np.empty(0, np.intp)]
        for start, rows in self._rows():
            good = intact(rows) if known is None else _without(known, start, len(rows))
            records = rows.reshape(-1).view(self.dtype)
            if not good.all():
                found.append(np.flatnonzero(~good) + start)
                records = records[good]
            yield records
        self._broken = np.concatenate(found) if known is None else known

    @property
    def damage(self) -> Damage | None:
        """What was left out; None before all was read, or where nothing was."""
        return None if self._broken is None else damage_of(self._broken, self.count, self._cut, self.dtype.itemsize)

    def _rows(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        with self.path.open("rb") as file:
            for start in range(0, self.count, CHUNK):
                size = min(CHUNK, self.count - start) * self.dtype.itemsize
                raw = np.fromfile(file, np.uint8, size)
                if len(raw) < size:
                    raise OSError(f"{self.path.name} became shorter while it was read")
                yield start, raw.reshape(-1, self.dtype.itemsize)


def _without(broken: NDArray[np.intp], start: int, count: int) -> NDArray[np.bool_]:
    good = np.ones(count, dtype=np.bool_)
    good[broken[(broken >= start) & (broken < start + count)] - start] = False
    return good
