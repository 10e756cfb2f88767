"""Another clock's timestamps as instants here: the true instant must always lie within the bounds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from blackstart.clock import Anchor, Offset, VirtualClock

WALL = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MS, S = 1_000_000, 1_000_000_000


class Shifted(VirtualClock):
    """A machine whose monotonic clock began some time ago; reading it takes ``reading_ns``."""

    reading_ns = 0
    step = timedelta()

    def now_ns(self) -> int:
        self.ns += self.reading_ns
        return self.ns

    def wall(self) -> datetime:
        return WALL + timedelta(microseconds=self.ns // 1000) + self.step


@given(
    at_us=st.integers(0, 10**9), reading_us=st.integers(0, 50_000), cut_ms=st.booleans(), start_us=st.integers(0, 10**6)
)
def test_the_true_instant_lies_within(at_us: int, reading_us: int, cut_ms: bool, start_us: int) -> None:
    clock = Shifted(ns=start_us * 1000)
    clock.reading_ns = reading_us * 1000
    offset = Offset.of_anchor(Anchor.take(clock)).or_as(Offset.read(clock))
    stamp = WALL + timedelta(microseconds=at_us)
    shown = stamp.replace(microsecond=stamp.microsecond // 1000 * 1000) if cut_ms else stamp
    earliest, point, latest = offset.instant(shown)
    assert earliest <= at_us * 1000 <= latest
    assert earliest <= point <= latest


def test_the_bounds_are_no_wider_than_what_is_unknown() -> None:
    clock = Shifted()
    offset = Offset.of_anchor(Anchor.take(clock)).or_as(Offset.read(clock))
    earliest, _, latest = offset.instant(WALL + timedelta(seconds=1.5))
    assert latest - earliest == 2 * MS, "the anchor's millisecond and the stamp's"
    whole = offset.instant(WALL + timedelta(seconds=1))
    assert whole[2] - whole[0] == S + MS, "a stamp without a fraction may be cut to its second"


def test_a_wall_clock_that_was_set_right_meanwhile_widens_the_bounds() -> None:
    clock = Shifted()
    before = Offset.of_anchor(Anchor.take(clock))
    clock.step = timedelta(seconds=2)
    earliest, _, latest = before.or_as(Offset.read(clock)).instant(WALL + timedelta(seconds=10.5))
    assert earliest <= 8.5 * S
    assert latest >= 10.5 * S


def test_a_service_whose_clock_is_off_widens_them_too() -> None:
    offset = Offset.read(Shifted())
    near, far = offset.instant(WALL), offset.instant(WALL, skew_ns=3 * S)
    assert (near[0] - far[0], far[2] - near[2]) == (3 * S, 3 * S)
