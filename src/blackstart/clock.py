"""Time, injected: the only module that reads a clock or sleeps."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What measures and waits. Monotonic nanoseconds are one system-wide timeline a boot."""

    def now_ns(self) -> int:
        """Return monotonic nanoseconds, for arithmetic (CLOCK_MONOTONIC: the same in all processes)."""

    def wall(self) -> datetime:
        """Return the time of day in UTC, for people only."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class VirtualClock:
    """A clock for tests: sleeping moves it, nothing else does (but ``on_sleep`` may)."""

    ns: int = 0
    on_sleep: Callable[[float], None] | None = None

    def now_ns(self) -> int:
        return self.ns

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.ns / 1e9, UTC)

    def sleep(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)
        if self.on_sleep is not None:
            self.on_sleep(seconds)


@dataclass(frozen=True)
class Anchor:
    """One pairing of monotonic and wall time, taken once a process, to show times to people.

    ``monotonic_ns`` and ``wall`` (ISO 8601, UTC) name the same instant.
    """

    monotonic_ns: int
    wall: str

    @classmethod
    def take(cls, clock: Clock) -> "Anchor":
        return cls(clock.now_ns(), clock.wall().isoformat(timespec="milliseconds"))


@dataclass(frozen=True)
class Offset:
    """Bounds on wall time minus monotonic time, nanoseconds: how another clock's timestamps become instants here."""

    low: int
    high: int

    @classmethod
    def read(cls, clock: Clock) -> "Offset":
        """Read the wall clock between two readings of the monotonic one."""
        before = clock.now_ns()
        wall = _epoch_ns(clock.wall())
        return cls(wall - clock.now_ns(), wall - before)

    @classmethod
    def of_anchor(cls, anchor: Anchor) -> "Offset":
        """Return what an anchor says, whose wall time is cut to milliseconds."""
        low = _epoch_ns(datetime.fromisoformat(anchor.wall)) - anchor.monotonic_ns
        return cls(low, low + MS)

    def or_as(self, other: "Offset") -> "Offset":
        """Return bounds that hold both: the wall clock may have been set right between the two readings."""
        return Offset(min(self.low, other.low), max(self.high, other.high))

    def instant(self, stamp: datetime, skew_ns: int = 0) -> tuple[int, int, int]:
        """Return earliest, point and latest monotonic nanoseconds of a timestamp.

        The stamp may be cut to what it shows (milliseconds, or a whole second), and its clock is off by ``skew_ns``
        at least, if at all.
        """
        at = _epoch_ns(stamp)
        resolution = MS if stamp.microsecond else SECOND
        return at - self.high - skew_ns, at - (self.low + self.high) // 2, at + resolution - self.low + skew_ns


MS, SECOND = 1_000_000, 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _epoch_ns(wall: datetime) -> int:
    """Return nanoseconds since 1970, without a float in between."""
    since = wall - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000
