"""Loss against the definition itself, written with plain sets; and fast enough for ten million writes."""

import random
import time
import tracemalloc
from operator import itemgetter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackstart.history import Blocks, as_ranges
from blackstart.judge.interval import Interval
from blackstart.judge.loss import ACKNOWLEDGED, CLOSED, OPEN, REFUSED, Writes, match, measure
from blackstart.judge.stalls import PERIOD_NS, Stalls

from .tally import cases, tell

S = 1_000_000_000
FAULT = Interval.between(100 * S, 101 * S, 100 * S + S // 2)
CALM = Stalls()


WRITERS = st.lists(st.integers(0, 5), unique=True, max_size=3).map(sorted)
WRITES = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from([CLOSED, ACKNOWLEDGED, ACKNOWLEDGED, REFUSED, OPEN]),
        st.integers(80, 120),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    unique_by=itemgetter(0),
    max_size=25,
)
SURVIVORS = st.integers(0, 2**45 - 1)
"""Which of the sequences 1 to 45 are there, a bit each."""


@st.composite
def ledgers(draw):
    """A few writers with gaps between their sequences, each write with some outcome, and any survivors."""
    rows, survivors = [], {}
    for writer in draw(WRITERS):
        for seq, outcome, sent, took, endpoint in sorted(draw(WRITES)):
            rows.append((writer, seq, sent * S, (sent + took) * S, outcome, endpoint))
        there = draw(SURVIVORS)
        survivors[writer] = {bit + 1 for bit in range(45) if there >> bit & 1}
    return rows, survivors


def writes(rows):
    columns = list(zip(*rows, strict=True)) or [()] * 6
    types = (np.int64, np.int64, np.uint8, np.uint16)
    of = (np.array(column, dtype=dtype) for column, dtype in zip(columns[2:], types, strict=True))
    return Writes(blocks(list(zip(*columns[:2], strict=True))), *of)


def blocks(keys):
    """Return the blocks that hold just these (writer, sequence), ordered: each run of sequences is one."""
    starts = [key for key in keys if (key[0], key[1] - 1) not in keys]
    ends = [key[1] for key in keys if (key[0], key[1] + 1) not in keys]
    writer, first = (np.array([key[n] for key in starts], dtype) for n, dtype in ((0, np.uint16), (1, np.uint64)))
    length = np.array(ends, np.uint64) - first + np.uint64(1)
    return Blocks(writer, first, length, length, np.zeros(len(first), np.int64))


def ranges(survivors):
    return {writer: as_ranges(sorted(sequences)) for writer, sequences in survivors.items()}


def measured(rows, survivors, read_at=1000 * S, **more):
    ledger = writes(rows)
    return measure(ledger, match(ledger, ranges(survivors)), read_at, FAULT, more.pop("stalls", CALM), **more)


@pytest.mark.simulation
@settings(max_examples=cases(100), deadline=None)
@given(ledgers(), st.integers(80, 125).map(lambda s: s * S))
def test_every_figure_is_what_the_sets_say(ledger, read_at):
    rows, survivors = ledger
    there = {(w, q) for w, sequences in survivors.items() for q in sequences}
    acknowledged = {(w, q): done for w, q, _, done, outcome, _ in rows if outcome == ACKNOWLEDGED and done < read_at}
    unknown = {(w, q) for w, q, sent, _, outcome, _ in rows if outcome == OPEN and sent < read_at}
    refused = {(w, q) for w, q, *_, outcome, _ in rows if outcome == REFUSED}
    known = {(w, q) for w, q, *_, outcome, _ in rows if outcome != CLOSED}
    lost = {key: done for key, done in acknowledged.items() if key not in there}
    late = [done for done in lost.values() if done > FAULT.latest]

    found = measured(rows, survivors, read_at)

    oldest = min(lost.values(), default=None)
    exact = {
        "acknowledged": (found.acknowledged, len(acknowledged)),
        "lost": (found.lost, len(lost)),
        "lost by name": (int(np.count_nonzero(found.lost_rows)), len(lost)),
        "lost at most": (found.lost_at_most, len(lost) + len(unknown - there)),
        "survived": (found.survived, len(acknowledged.keys() & there)),
        "unknown": (found.indeterminate, len(unknown)),
        "unknown and there": (found.recovered_unknown, len(unknown & there)),
        "refused but there": (found.refused_but_there, len(refused & there)),
        "strangers": (found.strangers, len(there - known)),
        "phantoms": (found.phantoms, len(there & refused) + len(there - known)),
        "lost after the fault": (found.lost_after_fault, len(late)),
        "for so long": (found.lost_after_fault_span, max(late) - FAULT.latest if late else 0),
        "earliest": (found.rpo.earliest, 0 if oldest is None else max(0, FAULT.earliest - oldest)),
        "latest": (found.rpo.latest, 0 if oldest is None else max(0, FAULT.latest - oldest)),
        "point": (found.rpo.earliest <= found.rpo.point <= found.rpo.latest, True),
    }
    wrong = [f"{name}: {said}, not {true}" for name, (said, true) in exact.items() if said != true]
    counts = ("acknowledged", "lost", "unknown", "unknown and there", "refused but there", "strangers")
    tell("loss by sets", {name: exact[name][1] > 0 for name in counts}, {"data loss": [found.rpo]}, wrong)
    assert not wrong


def row(seq, done_s, outcome=ACKNOWLEDGED, endpoint=1, writer=0):
    return (writer, seq, round(done_s * S) - S // 100, round(done_s * S), outcome, endpoint)


def test_nothing_lost_is_an_rpo_of_zero():
    found = measured([row(1, 98), row(2, 99)], {0: {1, 2}})
    assert (found.lost, found.rpo) == (0, Interval(0, 0, 0))


def test_the_oldest_lost_write_sets_the_rpo():
    found = measured([row(1, 90), row(2, 97), row(3, 99)], {0: {1}})
    assert found.rpo == Interval(3 * S + S // 2, 3 * S, 4 * S)
    assert found.newest_survivor == Interval(10 * S + S // 2, 10 * S, 11 * S)


def test_writes_acknowledged_after_the_read_back_began_do_not_count():
    found = measured([row(1, 90), row(2, 120)], {0: {1}}, read_at=110 * S)
    assert (found.acknowledged, found.lost, found.phantoms) == (1, 0, 0)


def test_a_lost_write_that_is_older_than_a_survivor_of_the_old_primary_is_a_hole():
    rows = [row(1, 90), row(2, 95), row(3, 99), row(4, 99.5), row(5, 105, endpoint=2)]
    assert measured(rows, {0: {1, 3, 5}}, old_endpoint=1).holes == 1
    assert measured(rows, {0: {1, 2, 5}}, old_endpoint=1).holes == 0


def test_what_a_slow_commit_explains_is_no_hole():
    slow = (0, 3, 97 * S, 99 * S, ACKNOWLEDGED, 1)
    rows = [row(1, 90), row(2, 98.5), slow, row(4, 99)]
    assert measured(rows, {0: {1, 3, 4}}, old_endpoint=1).holes == 0
    assert measured([*rows[:2], row(3, 99), rows[3]], {0: {1, 3, 4}}, old_endpoint=1).holes == 1


def test_the_standby_s_own_acknowledgements_make_no_holes_where_the_endpoint_is_unknown():
    rows = [row(1, 90, endpoint=0), row(2, 99, endpoint=0), row(3, 105, endpoint=0)]
    assert measured(rows, {0: {1, 3}}).holes == 0


def test_losses_after_the_fault_are_counted_apart():
    found = measured([row(1, 90), row(2, 99), row(3, 104), row(4, 106)], {0: {1}})
    assert (found.lost, found.lost_after_fault, found.lost_after_fault_span) == (3, 2, 5 * S)


def test_an_answer_stamped_late_by_a_stall_is_no_loss_after_the_fault_and_widens_the_rpo():
    slept = Stalls(np.array([100 * S - S // 2]), np.array([102 * S]))
    late = (0, 2, 100 * S - S // 2, 102 * S, ACKNOWLEDGED, 1)
    found = measured([row(1, 90), late], {0: {1}}, stalls=slept)
    assert found.lost_after_fault == 0
    assert found.rpo.earliest == 0
    assert found.rpo.latest == S + S // 2


def test_a_stall_may_have_begun_a_beat_before_the_first_one_that_is_missing():
    """Found by drawing stalls: the answer had been there since just after the last beat."""
    slept = Stalls(np.array([99 * S]), np.array([99 * S + S // 2]))
    found = measured([(0, 1, 98 * S, 99 * S + S // 2, ACKNOWLEDGED, 1)], {}, stalls=slept)
    assert found.rpo.latest == 101 * S - (99 * S - PERIOD_NS)


def test_an_answer_that_a_stall_stamped_after_the_reading_may_be_one_of_the_lost():
    """Found by drawing stalls: the old primary had acknowledged it, and it was in neither count."""
    slept = Stalls(np.array([99 * S]), np.array([112 * S]))
    late = (0, 2, 98 * S, 112 * S, ACKNOWLEDGED, 1)
    found = measured([row(1, 90), late], {0: {1}}, read_at=110 * S, stalls=slept)
    assert (found.lost, found.lost_at_most, found.indeterminate) == (0, 1, 1)
    assert found.rpo == Interval(0, 0, 101 * S - (99 * S - PERIOD_NS))
    there = measured([row(1, 90), late], {0: {1, 2}}, read_at=110 * S, stalls=slept)
    assert (there.lost_at_most, there.rpo) == (0, Interval(0, 0, 0))
    calm = measured([row(1, 90), late], {0: {1}}, read_at=110 * S)
    assert (calm.lost_at_most, calm.rpo) == (0, Interval(0, 0, 0))


def test_what_was_lost_before_is_not_lost_again():
    rows = [row(1, 90), row(2, 99), row(3, 120)]
    first = measured(rows, {0: {1}}, read_at=110 * S)
    again = measured(rows, {0: {1, 3}}, read_at=130 * S, before=first)
    assert (first.lost, again.lost, again.acknowledged) == (1, 0, 2)


def test_what_was_in_doubt_before_may_be_lost_but_not_for_certain_by_the_way_back():
    slept = Stalls(np.array([99 * S]), np.array([112 * S]))
    rows = [row(1, 90), (0, 2, 98 * S, 112 * S, ACKNOWLEDGED, 1)]
    first = measured(rows, {0: {1}}, read_at=110 * S, stalls=slept)
    again = measured(rows, {0: {1}}, read_at=130 * S, stalls=slept, before=first)
    assert (again.lost, again.lost_at_most, again.acknowledged) == (0, 1, 1)
    there = measured(rows, {0: {1, 2}}, read_at=130 * S, stalls=slept, before=first)
    assert (there.lost_at_most, there.acknowledged) == (0, 2)


@pytest.mark.parametrize("spans", [[(1, 5), (5, 6)], [(4, 2)], [(-3, 2)]])
def test_survivors_that_contradict_themselves_are_refused(spans):
    with pytest.raises(ValueError, match="writer 0"):
        match(writes([row(1, 90)]), {0: spans})


def test_ranges_far_outside_cost_nothing():
    survived = match(writes([row(1, 90)]), {0: [(1, 1), (10**12, 10**15)], 9: [(1, 10)]})
    assert survived.strangers == 10**15 - 10**12 + 1 + 10


@pytest.mark.timeout(120)
def test_ten_million_writes_take_little_time_and_room():
    count = 10_000_000
    half = count // 2
    length = np.array([half, half], np.uint64)
    blocks = Blocks(np.array([0, 1], np.uint16), np.ones(2, np.uint64), length, length, np.zeros(2, np.int64))
    sent = np.tile(np.arange(half, dtype=np.int64) * 20_000, 2)
    ledger = Writes(
        blocks, sent, sent + 5_000_000, np.full(count, ACKNOWLEDGED, np.uint8), np.ones(count, np.uint16),
    )  # fmt: skip
    rng = random.Random(7)
    cuts = sorted(rng.sample(range(2, half), 1000))
    spans = [(a + 1, b - 1) for a, b in zip([0, *cuts], [*cuts, half + 1], strict=True) if a + 1 <= b - 1]
    tracemalloc.start()
    begun = time.process_time()
    found = measure(ledger, match(ledger, {0: spans, 1: [(1, half)]}), 10**15, FAULT, CALM)
    spent = time.process_time() - begun
    room = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.lost == 1000
    assert room < 80 * 2**20  # beside the rows
    assert spent < 3  # 0.2 s on an idle machine; what is asserted here is that it is no loop in Python
