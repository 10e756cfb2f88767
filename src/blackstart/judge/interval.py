"""An interval: a time or a duration that is known only between two bounds."""

from collections.abc import Iterable
from dataclasses import dataclass

NS = 1_000_000_000


def seconds(ns: int) -> float:
    """Return nanoseconds as seconds, rounded to microseconds, so that equal records give equal bytes."""
    return round(ns / NS, 6) + 0.0  # no negative zero in the evidence


@dataclass(frozen=True)
class Interval:
    """Nanoseconds, ``earliest <= point <= latest``: an instant of the monotonic clock, or a duration."""

    point: int
    earliest: int
    latest: int

    @classmethod
    def between(cls, earliest: int, latest: int, point: int) -> "Interval":
        """Return the interval of these bounds, its point moved into them."""
        latest = max(earliest, latest)
        return cls(int(min(max(point, earliest), latest)), int(earliest), int(latest))

    @classmethod
    def exactly(cls, ns: int) -> "Interval":
        return cls(ns, ns, ns)

    def since(self, zero: "Interval") -> "Interval":
        """Return how long after ``zero`` this instant was, never less than nothing."""
        return Interval.between(
            max(0, self.earliest - zero.latest), max(0, self.latest - zero.earliest), self.point - zero.point
        )

    def shifted(self, ns: int) -> "Interval":
        """Return this instant on a time axis whose zero is at ``ns``."""
        return Interval(self.point - ns, self.earliest - ns, self.latest - ns)

    def as_json(self) -> dict[str, float]:
        return {
            "point_s": seconds(self.point),
            "earliest_s": seconds(self.earliest),
            "latest_s": seconds(self.latest),
        }


def last_of(intervals: Iterable[Interval]) -> Interval:
    """Return when the last of several things had happened."""
    every = list(intervals)
    return Interval(max(i.point for i in every), max(i.earliest for i in every), max(i.latest for i in every))


def first_of(intervals: Iterable[Interval]) -> Interval:
    """Return when the first of several things had happened."""
    every = list(intervals)
    return Interval(min(i.point for i in every), min(i.earliest for i in every), min(i.latest for i in every))


def sum_of(intervals: Iterable[Interval]) -> Interval:
    """Return the sum of several durations."""
    every = list(intervals)
    return Interval(sum(i.point for i in every), sum(i.earliest for i in every), sum(i.latest for i in every))


def as_json(interval: Interval | None) -> dict[str, float] | None:
    """Return what the verdict says of an interval; what was not measured is null."""
    return None if interval is None else interval.as_json()
