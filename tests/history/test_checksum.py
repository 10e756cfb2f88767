import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blackstart.history.checksum import CHUNK, checksums, intact


@given(st.integers(1, 60).flatmap(lambda width: st.lists(st.binary(min_size=width, max_size=width), min_size=1)))
def test_equals_zlib(rows):
    array = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), -1)
    assert checksums(array).tolist() == [zlib.crc32(row) for row in rows]


def test_intact_beyond_one_chunk():
    random = np.random.default_rng(1)
    body = random.integers(0, 256, (CHUNK + 1000, 8), dtype=np.uint8)
    crc = checksums(body).astype("<u4").view(np.uint8).reshape(-1, 4)
    records = np.hstack((body, crc))
    records[[5, CHUNK - 1, CHUNK + 3], [0, 7, 11]] ^= 1
    assert np.flatnonzero(~intact(records)).tolist() == [5, CHUNK - 1, CHUNK + 3]


def test_a_broken_chunk_stays_broken_beside_intact_ones():
    body = np.arange(3 * CHUNK * 8, dtype=np.int64).astype(np.uint8).reshape(-1, 8)
    records = np.hstack((body, checksums(body).astype("<u4").view(np.uint8).reshape(-1, 4)))
    records[7, 3] ^= 1
    assert np.flatnonzero(~intact(records)).tolist() == [7]


def test_a_record_of_zeros_is_not_intact():
    assert not intact(np.zeros((1, 33), dtype=np.uint8)).any()


@given(st.integers(0, 99), st.integers(0, 20), st.integers(0, 7))
def test_any_flipped_bit_is_found_among_many_records(row, place, bit):
    body = np.arange(100 * 17, dtype=np.int64).astype(np.uint8).reshape(100, 17)
    records = np.hstack((body, checksums(body).astype("<u4").view(np.uint8).reshape(-1, 4)))
    assert intact(records).all()
    records[row, place] ^= 1 << bit
    assert np.flatnonzero(~intact(records)).tolist() == [row]
