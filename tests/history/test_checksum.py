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


def test_a_record_of_zeros_is_not_intact():
    assert not intact(np.zeros((1, 33), dtype=np.uint8)).any()
