"""The pictures of the comparison, as SVG."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from benchmarks.ground_truth.modes import MODES
from benchmarks.instruments.figures import figures
from benchmarks.svg import Svg

COLOURS = dict(zip(MODES, ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9"), strict=True))
LEAST_MS, MOST_MS = 0.1, 10_000.0
LEFT, RIGHT, ROW, TOP = 190, 30, 30, 56
WIDTH = 900
EDGE, PANEL = 90, 220


def errors(observers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return each observer's errors, an outage a dot, on a logarithmic scale; the bar is the median."""
    svg = Svg(WIDTH, TOP + ROW * len(observers) + 44, "Error of the downtime by observer")
    _legend(svg)
    _decades(svg, TOP + ROW * len(observers))
    for number, (name, it) in enumerate(observers.items()):
        middle = TOP + ROW * (number + 0.5)
        svg.text(LEFT - 12, middle + 4, name, "end")
        for row in it["rows"]:
            offset = (list(MODES).index(row["mode"]) - 2.5) * 3
            svg.dot(_place(abs(row["error_ms"])), middle + offset, COLOURS[row["mode"]])
        at = _place(figures(it["rows"]).median_ms)
        svg.line(at, middle - 11, at, middle + 11, "#222222", 2)
    return svg.whole()


def _place(error_ms: float) -> float:
    share = (log10(min(MOST_MS, max(LEAST_MS, error_ms))) - log10(LEAST_MS)) / log10(MOST_MS / LEAST_MS)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _decades(svg: Svg, bottom: float) -> None:
    for says, ms in (("0.1 ms", 0.1), ("1 ms", 1), ("10 ms", 10), ("100 ms", 100), ("1 s", 1000), ("10 s", 10_000)):
        svg.line(_place(ms), TOP, _place(ms), bottom, "#dddddd", 1)
        svg.text(_place(ms), bottom + 18, says, "middle")
    svg.text(_place(31.6), bottom + 36, "error of the downtime (a dot an outage, the bar the median)", "middle")


def _legend(svg: Svg) -> None:
    for number, (mode, colour) in enumerate(COLOURS.items()):
        at = LEFT + number * 112
        svg.dot(at, 22, colour)
        svg.text(at + 9, 26, mode)


def bounds(observers: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> str:
    """Return, for each outage, the stated bounds and point relative to the truth (the line at zero), on one scale.

    An earliest bound may lie an SLO below the truth: no failure had come by then. Such a bar goes on below.
    """
    shown = {name: [row for row in observers[name]["rows"] if not row["missed"]] for name in names}
    every = [ms for rows in shown.values() for row in rows for ms in (row["bounds_ms"][1], abs(row["error_ms"]))]
    most_ms = 1.2 * max(every, default=1.0)
    svg = Svg(WIDTH, 40 + PANEL * len(names), "The stated bounds around the truth")
    for number, name in enumerate(names):
        _panel(svg, 40 + PANEL * number, name, shown[name], most_ms)
    return svg.whole()


def _panel(svg: Svg, top: float, name: str, rows: Sequence[Mapping[str, Any]], most_ms: float) -> None:
    middle, scale = top + 85, 80 / most_ms
    svg.text(EDGE, top - 12, f"{name}: bounds (bar) and point (dot) of each outage's downtime, less the truth")
    for ms in (-most_ms, 0.0, most_ms):
        svg.line(EDGE, middle - ms * scale, WIDTH - RIGHT, middle - ms * scale, "#dddddd" if ms else "#222222", 1)
        svg.text(EDGE - 8, middle - ms * scale + 4, f"{ms:+.0f} ms" if ms else "truth", "end")
    step = (WIDTH - RIGHT - EDGE - 10) / max(1, len(rows))
    for number, row in enumerate(rows):
        at, (low, high) = EDGE + 10 + step * (number + 0.5), row["bounds_ms"]
        svg.line(at, middle - max(low, -most_ms) * scale, at, middle - high * scale, COLOURS[row["mode"]], 3)
        svg.dot(at, middle - row["error_ms"] * scale, "#222222")
