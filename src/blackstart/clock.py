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
