import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blackstart.history import CANARY, Result, Sample, pack_samples, read_canary
from blackstart.history.records import SAMPLE_BYTES

TIME = st.integers(-(2**63), 2**63 - 1)
SAMPLES = st.builds(
    Sample,
    seq=st.integers(0, 2**64 - 1),
    scheduled=TIME,
    sent=TIME,
    done=TIME,
    status=st.integers(0, 2**16 - 1),
    result=st.sampled_from(Result),
    served_by=st.integers(0, 255),
    lag_us=st.integers(0, 2**32 - 1),
    flags=st.just(0),
)
FIELDS = Sample._fields[:-1]
on_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def rows(samples):
    return list(zip(*(getattr(samples, field).tolist() for field in FIELDS), strict=True))


def test_a_record_has_48_bytes():
    assert SAMPLE_BYTES == CANARY.itemsize == 48 == len(pack_samples([Sample(1, 2, 3, 4, 200, 0, 1, 5)]))


@on_files
@given(st.lists(SAMPLES, unique_by=lambda sample: sample.seq))
def test_what_is_written_is_read_in_scheduled_order(tmp_path, samples):
    path = tmp_path / "canary-a.bin"
    path.write_bytes(pack_samples(samples))
    found = read_canary(path)
    assert found.damage is None
    assert rows(found) == [tuple(sample[:-1]) for sample in sorted(samples)]


def test_good_and_bad_leave_out_what_the_observer_spoilt(tmp_path):
    path = tmp_path / "canary-a.bin"
    path.write_bytes(pack_samples([Sample(i, 0, 0, 0, 0, result, 0, 0) for i, result in enumerate(Result)]))
    found = read_canary(path)
    assert [Result(r) for r in found.result[found.good]] == [Result.GOOD]
    neither = {Result(r) for r in found.result[~found.good & ~found.bad]}
    assert neither == {Result.SKIPPED, Result.INVALID}


def test_no_records_are_no_samples(tmp_path):
    path = tmp_path / "canary-a.bin"
    path.touch()
    assert len(read_canary(path)) == 0
    with pytest.raises(FileNotFoundError):
        read_canary(tmp_path / "canary-b.bin")


@pytest.fixture
def three(tmp_path):
    path = tmp_path / "canary-a.bin"
    path.write_bytes(pack_samples([Sample(i, i, i, i, 200, 0, 1, 0) for i in range(3)]))
    return path


@pytest.mark.parametrize("length", range(3 * SAMPLE_BYTES))
def test_a_tail_cut_at_any_byte_costs_one_record_and_is_named(three, length):
    three.write_bytes(three.read_bytes()[:length])
    found = read_canary(three)
    assert found.seq.tolist() == list(range(length // SAMPLE_BYTES))
    cut = length % SAMPLE_BYTES
    if cut:
        assert found.damage.bytes == cut
        assert "cut" in found.damage.reason
    else:
        assert found.damage is None


@pytest.mark.parametrize("at", range(3 * SAMPLE_BYTES))
def test_a_flip_of_any_bit_costs_its_record_and_is_named(three, at):
    data = bytearray(three.read_bytes())
    data[at] ^= 1 << at % 8
    three.write_bytes(data)
    found = read_canary(three)
    assert found.seq.tolist() == [seq for seq in range(3) if seq != at // SAMPLE_BYTES]
    assert found.damage.bytes == SAMPLE_BYTES
    assert ("the last 1 records" if at >= 2 * SAMPLE_BYTES else "in the middle") in found.damage.reason


def test_a_tail_of_zeros_is_damage(three):
    three.write_bytes(three.read_bytes() + bytes(100))
    found = read_canary(three)
    assert len(found) == 3
    assert found.damage.bytes == 100
