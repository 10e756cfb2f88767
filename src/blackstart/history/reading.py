"""Reading a file of fixed-size records back: what is whole is kept, what is not is named."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history.checksum import intact

CANARY = np.dtype(
    [
        ("seq", "<u8"),
        ("scheduled", "<i8"),
        ("sent", "<i8"),
        ("done", "<i8"),
        ("status", "<u2"),
        ("result", "u1"),
        ("served_by", "u1"),
        ("lag_us", "<u4"),
        ("flags", "<u4"),
        ("crc32", "<u4"),
    ]
)
LEDGER = np.dtype(
    [
        ("kind", "u1"),
        ("writer", "<u2"),
        ("seq", "<u8"),
        ("time_ns", "<i8"),
        ("endpoint", "<u2"),
        ("aux", "<u8"),
        ("crc32", "<u4"),
    ]
)


@dataclass(frozen=True)
class Damage:
    """What could not be read: how many bytes were left out, and why (one sentence)."""

    bytes: int
    reason: str


def read_records(path: Path, dtype: np.dtype[Any]) -> tuple[NDArray[Any], Damage | None]:
    """Return the whole records of a file, and what was left out: a cut tail, records with a wrong checksum.

    Raises OSError where the file cannot be read.
    """
    raw = np.fromfile(path, dtype=np.uint8)
    count = len(raw) // dtype.itemsize
    cut = len(raw) - count * dtype.itemsize
    rows = raw[: count * dtype.itemsize].reshape(count, dtype.itemsize)
    good = intact(rows)
    records = rows.reshape(-1).view(dtype)
    broken = np.flatnonzero(~good)
    if len(broken):
        records = records[good]
    return records, damage_of(broken, count, cut, dtype.itemsize)


def damage_of(broken: NDArray[np.intp], count: int, cut: int, size: int) -> Damage | None:
    """Return what was left out of a file of ``count`` records: the broken ones, and a tail of ``cut`` bytes."""
    if not len(broken) and not cut:
        return None
    # Broken records without a good one behind them are a torn tail; any other is a hole.
    tail = _run_to_the_end(broken, count)
    reasons = []
    if cut:
        reasons.append(f"the last record is cut after {cut} of {size} bytes")
    if tail:
        reasons.append(f"the last {tail} records have a wrong checksum")
    if len(broken) > tail:
        reasons.append(f"{len(broken) - tail} records in the middle have a wrong checksum, the first is {broken[0]}")
    return Damage(cut + len(broken) * size, "; ".join(reasons))


def _run_to_the_end(broken: NDArray[np.intp], count: int) -> int:
    """Return how many of the broken indices form an unbroken run up to the last record."""
    expected = np.arange(count - len(broken), count)
    differing = np.flatnonzero(broken != expected)
    return len(broken) - (int(differing[-1]) + 1 if len(differing) else 0)
