"""The wall clock beside the monotonic one: whether it was set meanwhile, and by how much that may mislead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from blackstart.clock import Anchor, Offset
from blackstart.judge.interval import NS

STEP_S = 0.1
"""A wall clock that disagrees with the monotonic one by more was set in between."""

Pair = tuple[Any, Any]
"""Monotonic nanoseconds and the ISO 8601 time of day of one instant, as a record has them: whatever stands there."""


@dataclass(frozen=True)
class WallClock:
    """Wall time minus monotonic time at some instants, in their order, in nanoseconds."""

    offsets: tuple[int, ...] = ()

    @classmethod
    def of(cls, *pairs: Pair) -> "WallClock":
        """Take what was recorded; a pair that is missing or no time says nothing."""
        return cls(tuple(offset for pair in pairs if (offset := _offset(*pair)) is not None))

    @property
    def step_s(self) -> float | None:
        """By how much more the wall clock advanced than the monotonic one; None where it was not read twice."""
        return round((self.offsets[-1] - self.offsets[0]) / NS, 3) if len(self.offsets) > 1 else None

    @property
    def off_ns(self) -> int:
        """By how much a wall-clock time may be off; 0 where the clock was not set."""
        return max(self.offsets) - min(self.offsets) if self._steps_s else 0

    @property
    def was_set(self) -> str | None:
        """How the clock was set, in a sentence that durations do not suffer from it; None where it was not."""
        steps = [f"{'forward' if step > 0 else 'back'} by {abs(step):.3f} s" for step in self._steps_s]
        if not steps:
            return None
        return (
            f"the wall clock was set {' and '.join(steps)} in between: "
            "times of day are off by that, durations are not (they are monotonic)"
        )

    @property
    def _steps_s(self) -> list[float]:
        steps = (round((later - earlier) / NS, 3) for earlier, later in pairwise(self.offsets))
        return [step for step in steps if abs(step) > STEP_S]


def widened(phases: Iterable[Mapping[str, Any]], clock: WallClock) -> list[Mapping[str, Any]]:
    """Return recorded phases, the bounds of those that a service told by its wall clock as wide as that was off."""
    return [_widened(phase, clock.off_ns) if by_wall_clock(phase) else phase for phase in phases]


def by_wall_clock(phase: Mapping[str, Any]) -> bool:
    """Tell whether the instant of a recorded phase comes from a wall-clock time."""
    return phase.get("clock") == "wall" and isinstance(phase.get("at"), int)


def _widened(phase: Mapping[str, Any], off_ns: int) -> Mapping[str, Any]:
    earliest, latest = (
        phase[key] if isinstance(phase.get(key), int) else phase["at"] for key in ("earliest", "latest")
    )
    return {**phase, "earliest": earliest - off_ns, "latest": latest + off_ns}


def _offset(monotonic_ns: Any, wall: Any) -> int | None:
    try:
        return Offset.of_anchor(Anchor(int(monotonic_ns), wall)).low
    except (TypeError, ValueError, OverflowError):
        return None
