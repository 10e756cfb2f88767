import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackstart.observer.pace import LEAST_LATENESS_NS, Pacer

MS = 1_000_000


@pytest.mark.parametrize(
    ("now_ms", "overdue", "send"),
    [
        (-1, [], []),
        (0, [], [0]),
        (50, [], [0]),
        (50.000001, [0], []),
        (99, [0], []),
        (100, [0], [1]),
        (150, [0], [1]),
        (151, [0, 1], []),
        (1020, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [10]),
    ],
)
def test_first_turn(now_ms, overdue, send):
    turn = Pacer.every(100 * MS, start_ns=0).turn(round(now_ms * MS))
    assert (list(turn.overdue), list(turn.send)) == (overdue, send)


def test_a_tick_is_dealt_out_once():
    pacer = Pacer.every(100 * MS, start_ns=0)
    sent = [tick for now in (0, 0, 99 * MS, 100 * MS, 101 * MS, 200 * MS) for tick in pacer.turn(now).send]
    assert sent == [0, 1, 2]
    assert pacer.next_ns == 300 * MS


def test_lateness_is_half_an_interval_but_no_less_than_a_loop_can_keep():
    assert Pacer.every(100 * MS, 0).late_ns == 50 * MS
    assert Pacer.every(2 * MS, 0).late_ns == LEAST_LATENESS_NS


@given(st.integers(1, 500), st.integers(-(10**12), 10**12), st.lists(st.integers(0, 2 * 10**9), max_size=40))
def test_whatever_the_turns_every_tick_is_dealt_out_once_and_rightly(interval_ms, start_ns, steps):
    pacer = Pacer.every(interval_ms * MS, start_ns)
    now, ticks = start_ns - 1, []
    for step in steps:
        now += step
        turn = pacer.turn(now)
        ticks += [*turn.overdue, *turn.send]
        assert all(now - pacer.scheduled(tick) > pacer.late_ns for tick in turn.overdue)
        assert all(0 <= now - pacer.scheduled(tick) <= pacer.late_ns for tick in turn.send)
        assert pacer.next_ns > now
    assert ticks == list(range(len(ticks)))


def test_stalls_are_counted_where_they_overlap():
    pacer = Pacer.every(100 * MS, start_ns=0)
    pacer.turn(0)
    pacer.turn(500 * MS)  # tick 1 was due at 100
    assert pacer.stalled_ns(0, 550 * MS) == 400 * MS
    assert pacer.stalled_ns(300 * MS, 550 * MS) == 200 * MS
    assert pacer.stalled_ns(500 * MS, 550 * MS) == 0


def test_a_stall_counts_before_a_turn_has_noticed_it():
    pacer = Pacer.every(100 * MS, start_ns=0)
    pacer.turn(0)
    assert pacer.stalled_ns(0, 150 * MS) == 0
    assert pacer.stalled_ns(0, 900 * MS) == 800 * MS
