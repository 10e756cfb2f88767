"""A measure over time: each drill with its bounds, and the target that it is held against."""

from dataclasses import dataclass
from datetime import datetime

from blackstart.report.axis import Axis, Tick, anchor
from blackstart.report.quantities import MISSING, interval, part
from blackstart.report.scorecard.measures import Measure, Value

MOST = 60
HEIGHT = 150
TOP = 12
LEFT, WIDTH = 8.0, 91.0  # percent: room for the scale's labels
LABELS = 6


@dataclass(frozen=True)
class Mark:
    """One drill: its place in percent across, in pixels down (None: not measured), its look and its words."""

    x: float
    look: str
    sign: str
    words: str
    point: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Level:
    """A labelled height of the scale, in pixels down."""

    y: float
    label: str


@dataclass(frozen=True)
class Trend:
    """The picture: at most MOST drills, ``hidden`` older ones; ``target`` is the height of the target's line."""

    marks: tuple[Mark, ...]
    levels: tuple[Level, ...]
    dates: tuple[Tick, ...]
    target: float | None
    hidden: int
    text: str
    height: int = HEIGHT + 34
    base: int = HEIGHT + TOP


SIGNS = {"met": "✓", "missed": "✕", "inconclusive": "?", "aborted": "■"}


def trend(measure: Measure) -> Trend | None:
    """Return the picture of a measure, None where no drill has measured it and nothing was asked."""
    shown = measure.values[-MOST:]
    heights = [
        side for value in shown for name in ("point_s", "latest_s") if (side := part(value.found, name)) is not None
    ]
    if not heights and measure.target_s is None:
        return None
    scale = Axis(0.0, 1.12 * max([*heights, measure.target_s or 0.0]) or 1.0)
    marks = tuple(_mark(value, place, len(shown), scale) for place, value in enumerate(shown))
    levels = tuple(
        Level(_y(scale, tick.percent), tick.label.lstrip("+")) for tick in scale.ticks(4) if tick.percent > 0
    )
    target = None if measure.target_s is None else _y(scale, scale.percent(measure.target_s))
    text = f"{measure.name} by drill, oldest first: " + "; ".join(mark.words for mark in marks)
    return Trend(marks, levels, _dates(shown), target, len(measure.values) - len(shown), text)


def _mark(value: Value, place: int, many: int, scale: Axis) -> Mark:
    look = value.drill.outcome
    words = f"{value.drill.started:%Y-%m-%d %H:%M}: {interval(value.found)}, {look}"
    point, low, high = (part(value.found, side) for side in ("point_s", "earliest_s", "latest_s"))
    known = [side for side in (point, high, low) if side is not None]
    if not known:
        return Mark(_x(place, many), look, SIGNS.get(look, "?"), words.replace(MISSING, "not measured"))
    low, point, high = (known[0] if side is None else side for side in (low, point, high))
    heights = [_y(scale, scale.percent(side)) for side in (point, low, high)]
    return Mark(_x(place, many), look, SIGNS.get(look, "?"), words, *heights)


def _x(place: int, many: int) -> float:
    return round(LEFT + WIDTH * (place + 0.5) / many, 3)


def _y(scale: Axis, percent: float) -> float:
    del scale
    return round(TOP + HEIGHT * (1 - percent / 100), 1)


def _dates(shown: tuple[Value, ...]) -> tuple[Tick, ...]:
    step = -(-len(shown) // LABELS)
    ticks: list[Tick] = []
    before: datetime | None = None
    for place in range(0, len(shown), step):
        started = shown[place].drill.started
        same = before is not None and started.date() == before.date()
        at = _x(place, len(shown))
        ticks.append(Tick(at, f"{started:%H:%M}" if same else f"{started:%d %b %y}", anchor(at), len(ticks) % 2 == 1))
        before = started
    return tuple(ticks)
