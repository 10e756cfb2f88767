"""The short reading of a ledger says the same as the long one, whatever the file went through."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blackstart.history import LEDGER, Chunks, Entry, Kind, WriteOutcome, pack_entries, read_ledger, read_settled
from blackstart.history import chunks as chunks_module
from blackstart.judge.loss import match
from blackstart.judge.stores import rows_of

on_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
WRITES = st.lists(
    st.tuples(
        st.sampled_from([Kind.SENT, Kind.ACKNOWLEDGED, Kind.UNKNOWN, Kind.FAILED]),
        st.integers(0, 2),
        st.integers(0, 19),
        st.integers(1, 3),
    ),
    max_size=60,
)
RESERVED = [Entry(Kind.RESERVED, writer, first, 1, 0, 10) for writer in range(3) for first in (0, 10)]


def written(tmp_path, entries, cut=0):
    path = tmp_path / "ledger-orders.bin"
    data = pack_entries(entries)
    path.write_bytes(data[: len(data) - cut])
    return path


def entries_of(writes):
    """Give each write's records rising times, 1 ms apart; it was due half a millisecond before it was sent."""
    times = (1_000_000 * number for number in range(2, len(writes) + 2))
    return [
        Entry(kind, writer, seq, at, endpoint, at - 500_000 if kind is Kind.SENT else 7)
        for at, (kind, writer, seq, endpoint) in zip(times, writes, strict=True)
    ]


@on_files
@given(WRITES, st.integers(0, 40))
def test_it_says_the_same_as_the_whole_ledger(tmp_path, writes, cut):
    path = written(tmp_path, [*RESERVED, *entries_of(writes)], min(cut, 33 * len(writes)))
    whole, short = read_ledger(path), read_settled(path)
    assert short.sent.tolist() == whole.sent.tolist()
    assert short.done.tolist() == whole.done.tolist()
    assert short.endpoint.tolist() == whole.endpoint.tolist()
    assert short.outcome.tolist() == whole.outcome.tolist()
    assert short.damage == whole.damage
    assert short.strays == 0


@on_files
@given(WRITES, st.lists(st.integers(0, 19), min_size=2, max_size=6, unique=True).map(sorted))
def test_it_knows_the_survivors_that_the_judge_knows(tmp_path, writes, edges):
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    path = written(tmp_path, [*RESERVED, *entries_of(writes)])
    ranges = {0: spans, 2: [(0, 3), (4, 9)]}
    whole, short = read_ledger(path), read_settled(path, ranges)
    sent = whole.sent > 0
    assert short.survived[sent].tolist() == match(rows_of(whole), ranges).rows[sent].tolist()


def test_an_answer_is_waited_for_from_when_it_was_due(tmp_path):
    sent = [Entry(Kind.SENT, 0, seq, 2_000_000, 0, 1_500_000) for seq in range(3)]
    answers = [
        Entry(Kind.UNKNOWN, 0, 0, 5_000_000),
        Entry(Kind.ACKNOWLEDGED, 0, 0, 9_000_000, 1, 1),
        Entry(Kind.ACKNOWLEDGED, 0, 1, 4_000_000, 1, 1),
    ]
    found = read_settled(written(tmp_path, [*RESERVED, *sent, *answers]))
    assert found.waited_us[:3].tolist() == [7500, 2500, 500]


def test_a_write_without_its_reservation_is_counted_not_placed(tmp_path):
    path = written(tmp_path, [*RESERVED, Entry(Kind.SENT, 7, 5, 9, 0, 9), Entry(Kind.SENT, 0, 99, 9, 0, 9)])
    assert read_settled(path).strays == 2
    assert not read_settled(path).sent.any()
    assert read_settled(written(tmp_path, [Entry(Kind.SENT, 0, 1, 9, 0, 9)])).strays == 1


@pytest.mark.parametrize("spans", [[(5, 9), (7, 12)], [(9, 5)]])
def test_survivors_that_are_no_ranges_are_refused(tmp_path, spans):
    with pytest.raises(ValueError, match="overlap or run backwards"):
        read_settled(written(tmp_path, RESERVED), {0: spans})


def test_an_empty_ledger_holds_nothing(tmp_path):
    assert len(read_settled(written(tmp_path, [])).sent) == 0


def test_a_second_reading_leaves_out_the_same_records(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks_module, "CHUNK", 4)
    path = written(tmp_path, [Entry(Kind.SENT, 0, seq, seq + 1) for seq in range(11)], cut=5)
    data = bytearray(path.read_bytes())
    data[33 * 5 + 3] ^= 1
    path.write_bytes(data)
    chunks = Chunks(path, LEDGER)
    assert chunks.damage is None
    first, second = (np.concatenate(list(chunks))["seq"].tolist() for _ in range(2))
    assert first == second == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert chunks.damage is not None
    assert chunks.damage.bytes == 33 + 28
    assert "1 records in the middle" in chunks.damage.reason


def test_an_acknowledgement_beats_what_is_said_later(tmp_path):
    told = [Entry(kind, 0, 0, 9) for kind in (Kind.SENT, Kind.ACKNOWLEDGED, Kind.FAILED, Kind.UNKNOWN)]
    assert read_settled(written(tmp_path, [*RESERVED, *told])).outcome[0] == WriteOutcome.OK
