import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blackstart.history import LEDGER, Entry, Kind, WriteOutcome, pack_entries, read_ledger
from blackstart.history import chunks as chunks_module
from blackstart.history.records import ENTRY_BYTES

on_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(tmp_path, entries, cut=0):
    path = tmp_path / "ledger-orders.bin"
    data = pack_entries(entries)
    path.write_bytes(data[: len(data) - cut])
    return read_ledger(path)


def outcomes(ledger):
    return {
        (writer, seq): WriteOutcome(outcome)
        for writer, seq, outcome in zip(
            ledger.writer.tolist(), ledger.seq.tolist(), ledger.outcome.tolist(), strict=True
        )
    }


def test_a_record_has_33_bytes():
    assert ENTRY_BYTES == LEDGER.itemsize == 33 == len(pack_entries([Entry(Kind.SENT, 1, 2, 3, 4, 5)]))


def test_one_write_of_each_kind(tmp_path):
    ledger = read(
        tmp_path,
        [
            Entry(Kind.RESERVED, 0, 1, 10, 0, 5),
            Entry(Kind.SENT, 0, 1, 21, 0, 20),
            Entry(Kind.ACKNOWLEDGED, 0, 1, 29, 2, 7),
            Entry(Kind.SENT, 0, 2, 31, 0, 30),
            Entry(Kind.UNKNOWN, 0, 2, 39, 0, 1),
            Entry(Kind.SENT, 0, 3, 41, 0, 40),
            Entry(Kind.FAILED, 0, 3, 49, 1, 404),
            Entry(Kind.SENT, 0, 4, 51, 0, 50),
        ],
    )
    assert ledger.seq.tolist() == [1, 2, 3, 4, 5]
    assert [WriteOutcome(o).name for o in ledger.outcome] == ["OK", "UNKNOWN", "FAIL", "UNKNOWN", "UNKNOWN"]
    assert ledger.scheduled.tolist() == [20, 30, 40, 50, 0]
    assert ledger.sent.tolist() == [21, 31, 41, 51, 0]
    assert ledger.done.tolist() == [29, 39, 49, 0, 0]
    assert ledger.endpoint.tolist() == [2, 0, 1, 0, 0]
    assert ledger.error.tolist() == [0, 1, 404, 0, 0]
    assert (ledger.acknowledged.sum(), ledger.unknown.sum(), ledger.failed.sum()) == (1, 3, 1)


def test_reserved_and_never_sent_is_unknown_unless_handed_back(tmp_path):
    reserved = [Entry(Kind.RESERVED, 3, 1, 10, 0, 4), Entry(Kind.SENT, 3, 1, 11, 0, 11)]
    assert set(outcomes(read(tmp_path, reserved)).values()) == {WriteOutcome.UNKNOWN}
    ended = [*reserved, Entry(Kind.RESERVED, 3, 1, 99, 0, 1)]
    ledger = read(tmp_path, ended)
    assert outcomes(ledger) == {
        (3, 1): WriteOutcome.UNKNOWN,
        (3, 2): WriteOutcome.NONE,
        (3, 3): WriteOutcome.NONE,
        (3, 4): WriteOutcome.NONE,
    }
    assert ledger.blocks.length.tolist() == [4]
    assert ledger.blocks.used.tolist() == [1]
    assert ledger.blocks.reserved_ns.tolist() == [10]


def test_a_write_whose_reservation_was_damaged_is_still_there(tmp_path):
    entries = [
        Entry(Kind.RESERVED, 1, 5, 0, 0, 2),
        Entry(Kind.SENT, 0, 9, 1, 0, 1),
        Entry(Kind.ACKNOWLEDGED, 0, 9, 2, 1, 1),
        Entry(Kind.SENT, 1, 7, 3, 0, 3),
        Entry(Kind.SENT, 1, 5, 3, 0, 3),
    ]
    expected = {
        (0, 9): WriteOutcome.OK,
        (1, 5): WriteOutcome.UNKNOWN,
        (1, 6): WriteOutcome.UNKNOWN,
        (1, 7): WriteOutcome.UNKNOWN,
    }
    assert outcomes(read(tmp_path, entries)) == expected
    assert outcomes(read(tmp_path, entries[1:])) == {k: v for k, v in expected.items() if k != (1, 6)}


def test_an_empty_ledger(tmp_path):
    assert len(read(tmp_path, [])) == 0


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(1, 12),
        st.sampled_from((Kind.SENT, Kind.ACKNOWLEDGED, Kind.UNKNOWN, Kind.FAILED)),
        st.integers(1, 2**62),
    ),
    max_size=60,
)
BLOCKS = st.dictionaries(st.tuples(st.integers(0, 1), st.integers(0, 2)), st.integers(0, 10))


@on_files
@given(BLOCKS, EVENTS, st.integers(1, 80))
def test_agrees_with_a_plain_model(tmp_path, monkeypatch, blocks, events, at_once):
    """Blocks of ten sequences, some handed back in part, and any events at all, in any order, so many at once."""
    monkeypatch.setattr(chunks_module, "CHUNK", at_once)
    entries = [Entry(Kind.RESERVED, writer, 1 + 10 * number, 5, 0, 10) for writer, number in blocks]
    entries += [Entry(Kind.RESERVED, writer, 1 + 10 * number, 6, 0, used) for (writer, number), used in blocks.items()]
    model = {
        (writer, 10 * number + i): WriteOutcome.UNKNOWN if i <= used else WriteOutcome.NONE
        for (writer, number), used in blocks.items()
        for i in range(1, 11)
    }
    happened = {}
    for writer, seq, kind, time_ns in events:
        entries.append(Entry(kind, writer, seq, time_ns))
        happened.setdefault((writer, seq), set()).add(kind)
    for key, kinds in happened.items():
        # What was sent is unknown until answered; an answer beats a doubt beats a failure.
        model[key] = WriteOutcome.UNKNOWN
        if Kind.FAILED in kinds and Kind.UNKNOWN not in kinds:
            model[key] = WriteOutcome.FAIL
        if Kind.ACKNOWLEDGED in kinds:
            model[key] = WriteOutcome.OK
    ledger = read(tmp_path, entries)
    assert outcomes(ledger) == model
    assert list(outcomes(ledger)) == sorted(model)
    strongest = {}
    for writer, seq, kind, time_ns in events:
        strength = (Kind.SENT, Kind.FAILED, Kind.UNKNOWN, Kind.ACKNOWLEDGED).index(kind)
        if strength and strength >= strongest.get((writer, seq), (0, 0))[0]:
            strongest[writer, seq] = strength, time_ns
    assert ledger.done.tolist() == [strongest.get(key, (0, 0))[1] for key in sorted(model)]


@pytest.mark.parametrize("cut", range(1, 4 * ENTRY_BYTES))
def test_cut_at_any_byte_an_earlier_acknowledgement_stays(tmp_path, cut):
    entries = [
        Entry(Kind.RESERVED, 0, 1, 10, 0, 3),
        Entry(Kind.SENT, 0, 1, 21, 0, 20),
        Entry(Kind.ACKNOWLEDGED, 0, 1, 29, 1, 1),
        Entry(Kind.SENT, 0, 2, 31, 0, 30),
        Entry(Kind.ACKNOWLEDGED, 0, 2, 39, 1, 1),
    ]
    ledger = read(tmp_path, entries, cut)
    kept = (5 * ENTRY_BYTES - cut) // ENTRY_BYTES
    assert outcomes(ledger) == {
        (0, 1): WriteOutcome.OK if kept >= 3 else WriteOutcome.UNKNOWN,
        (0, 2): WriteOutcome.UNKNOWN,
        (0, 3): WriteOutcome.UNKNOWN,
    }
    assert (ledger.damage is not None) == bool(cut % ENTRY_BYTES)


def test_an_acknowledgement_with_a_flipped_bit_is_unknown_and_named(tmp_path):
    entries = [Entry(Kind.RESERVED, 0, 1, 10, 0, 1), Entry(Kind.SENT, 0, 1, 21, 0, 20)]
    acknowledged = bytearray(pack_entries([Entry(Kind.ACKNOWLEDGED, 0, 1, 29, 1, 1)]))
    acknowledged[3] ^= 0x10
    path = tmp_path / "ledger-orders.bin"
    path.write_bytes(pack_entries(entries) + acknowledged)
    ledger = read_ledger(path)
    assert outcomes(ledger) == {(0, 1): WriteOutcome.UNKNOWN}
    assert ledger.damage.bytes == ENTRY_BYTES
