"""Time that the observer stood still, against counting it nanosecond by nanosecond."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blackstart.judge.stalls import PERIOD_NS, Stalls

edges = st.lists(st.integers(0, 200), unique=True, max_size=10).map(sorted)


@given(edges, st.integers(-5, 210), st.integers(0, 100))
def test_time_stood_still_is_counted_exactly(points, start, length):
    spans = list(zip(points[::2], points[1::2], strict=False))
    stalls = Stalls(np.array([a for a, _ in spans], np.int64), np.array([b for _, b in spans], np.int64))
    end = start + length
    counted = sum(1 for t in range(start, end) if any(a <= t < b for a, b in spans))
    assert stalls.within(np.array([start]), np.array([end]))[0] == counted


def test_regular_beats_are_no_stall():
    beats = np.arange(50, dtype=np.int64) * PERIOD_NS
    assert Stalls.from_heartbeats(beats).start.size == 0


def test_a_gap_is_a_stall_from_the_beat_that_was_due():
    beats = np.array([0, 1, 2, 7, 8], np.int64) * PERIOD_NS
    stalls = Stalls.from_heartbeats(beats)
    assert (stalls.start.tolist(), stalls.end.tolist()) == ([3 * PERIOD_NS], [7 * PERIOD_NS])


def test_no_beats_are_no_stalls():
    assert Stalls.from_heartbeats(np.zeros(0, np.int64)).within(np.array([1]), np.array([5])).tolist() == [0]
