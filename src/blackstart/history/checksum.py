"""CRC-32 of many fixed-size records at once.

CRC-32 is affine over GF(2). So the checksum of a record is the XOR of one table entry for each byte at its position:
a million records take one gather a byte column instead of a million calls. And a record with its own checksum behind
it moves the register in the same way whatever it holds: any so many intact records in a row have one known CRC-32,
which a single call compares.
"""

import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 12  # records at once: the temporaries stay in the processor's cache


def intact(records: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows of ``records`` (n × bytes, CRC-32 in the last four) have the right checksum."""
    verdict = np.empty(len(records), dtype=np.bool_)
    for start in range(0, len(records), CHUNK):
        rows = np.ascontiguousarray(records[start : start + CHUNK])
        if zlib.crc32(rows) == _of_intact(*rows.shape):
            verdict[start : start + CHUNK] = True
            continue
        stored = np.ascontiguousarray(rows[:, -4:]).view("<u4")[:, 0]
        verdict[start : start + CHUNK] = checksums(rows[:, :-4]) == stored
    return verdict


def checksums(rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the CRC-32 of every row."""
    length = rows.shape[1]
    columns = np.ascontiguousarray(rows.T)
    result = np.full(len(rows), zlib.crc32(bytes(length)), dtype=np.uint32)
    for table, column in zip(_tables(length), columns, strict=True):
        result ^= table[column]
    return result


@cache
def _of_intact(count: int, length: int) -> int:
    """Return the CRC-32 of so many intact records of that length, their own checksums included."""
    body = bytes(length - 4)
    return zlib.crc32((body + zlib.crc32(body).to_bytes(4, "little")) * count)


@cache
def _tables(length: int) -> tuple[NDArray[np.uint32], ...]:
    zero = zlib.crc32(bytes(length))

    def entry(position: int, value: int) -> int:
        return zlib.crc32(bytes(position) + bytes((value,)) + bytes(length - position - 1)) ^ zero

    return tuple(
        np.array([entry(position, value) for value in range(256)], dtype=np.uint32) for position in range(length)
    )
