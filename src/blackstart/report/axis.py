"""One horizontal axis of time: where an instant stands, in percent of a picture's width."""

from collections.abc import Iterable
from dataclasses import dataclass

from blackstart.report.quantities import label

STEPS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis; ``anchor`` keeps it inside the picture, a ``minor`` one yields on a phone."""

    percent: float
    label: str
    anchor: str = "middle"
    minor: bool = False


@dataclass(frozen=True)
class Axis:
    """From ``start_s`` to ``end_s``, in seconds from the page's zero."""

    start_s: float
    end_s: float

    @classmethod
    def over(cls, instants_s: Iterable[float], margin: float = 0.0) -> "Axis":
        """Return an axis that spans all instants, widened by that share on both sides."""
        found = sorted(instants_s) or [0.0, 1.0]
        width = found[-1] - found[0] or 1.0
        return cls(found[0] - margin * width, found[-1] + margin * width or 1.0)

    @property
    def width_s(self) -> float:
        return self.end_s - self.start_s or 1.0

    def percent(self, instant_s: float) -> float:
        """Return the place of an instant, kept inside the picture."""
        share = 100 * (instant_s - self.start_s) / self.width_s
        return round(min(100.0, max(0.0, share)), 3)

    def step_s(self, most: int = 7) -> float:
        """Return the distance between ticks that gives at most so many."""
        days = (86_400.0 * 2**power for power in range(30))
        return next((step for step in (*STEPS_S, 7200.0, 21_600.0, *days) if self.width_s / step <= most), self.width_s)

    def ticks(self, most: int = 7) -> list[Tick]:
        """Return ticks at round seconds, zero always among them where it is in the span."""
        step = self.step_s(most)
        first = -int(-self.start_s // step)
        return [self._tick(number, step) for number in range(first, int(self.end_s // step) + 1)]

    def _tick(self, number: int, step: float) -> Tick:
        instant = round(number * step, 9)
        at = self.percent(instant)
        return Tick(at, label(instant), anchor(at), number % 2 == 1)


def anchor(percent: float) -> str:
    """Return how a label at that place is aligned so that it stays inside."""
    if percent < 4:
        return "start"
    return "end" if percent > 96 else "middle"
