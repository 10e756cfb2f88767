"""The latency heatmaps: time across, latency upwards on a logarithmic scale, each cell as dark as it has answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from blackstart.report.axis import Axis, Tick
from blackstart.report.cells import places
from blackstart.report.ink import runs
from blackstart.report.quantities import NANOSECONDS, count, latency
from blackstart.report.seen import BAD, Seen

COLUMNS = (60, 90, 120, 180)
"""How many columns a map may have: few answers in many columns would be dust."""
PER_COLUMN = 4
PER_DECADE = 96
"""Bins a decade of latency: the middle of a bin is within 1.2 % of all that falls into it."""
LEAST_US, DECADES = 10, 8
BINS = PER_DECADE * DECADES
PER_ROW = 12
ROW_PX, FAILED_PX, GAP_PX = 5, 9, 8
LEVELS = 5
MOST, FEW, COARSE = 8, 4, 90
"""How many instruments are drawn, and from how many on in how few columns: a page must stay a page."""

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Heat:
    """One instrument's map in cells of 1 × 1, top row first: the outline of each level, and of what failed."""

    name: str
    kind: str
    columns: int
    levels: tuple[tuple[int, str], ...]
    failed: str
    most: str
    text: str


@dataclass(frozen=True)
class Quantiles:
    """How long the right answers of one instrument took in one span of the run."""

    name: str
    when: str
    answers: str
    median: str
    p95: str
    p99: str
    slowest: str


@dataclass(frozen=True)
class Latency:
    """All maps on one axis of time and one scale of latency, and the figures behind them."""

    heats: tuple[Heat, ...]
    rows: int
    scale: tuple[tuple[int, str], ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...]
    quantiles: tuple[Quantiles, ...]
    undrawn: int = 0

    @property
    def height(self) -> int:
        """The picture's height in pixels."""
        return FAILED_PX + GAP_PX + self.rows * ROW_PX

    @property
    def top(self) -> int:
        """Where the map begins, below the row of what failed."""
        return FAILED_PX + GAP_PX


@dataclass(frozen=True)
class _Counted:
    seen: Seen
    answered: Counts  # columns × bins
    failed: Counts  # columns
    spans: tuple[tuple[str, Counts, int], ...]  # when, bins, slowest in microseconds


def latencies(
    seen: Sequence[Seen], axis: Axis, marks: tuple[Tick, ...], spans: Sequence[tuple[str, float, float]], zero_ns: int
) -> Latency:
    """Return the maps of all instruments that recorded anything.

    ``spans``: the parts of the run to give figures for: what it is called, from when, until when (seconds on the axis).
    """
    filled = [one for one in seen if one.answers.total]
    widest = COLUMNS[-1] if len(filled) <= FEW else COARSE
    counted = [_counted(one, axis, spans, zero_ns, widest) for one in filled[:MOST]]
    low, high = _range(counted)
    return Latency(
        tuple(_heat(one, low, high) for one in counted),
        (high - low) // PER_ROW,
        tuple(_scale(low, high)),
        tuple(axis.ticks()),
        marks,
        tuple(line for one in counted for line in _quantiles(one)),
        len(filled) - len(counted),
    )


def _counted(seen: Seen, axis: Axis, spans: Sequence[tuple[str, float, float]], zero_ns: int, widest: int) -> _Counted:
    enough = max(COLUMNS[0], min(widest, seen.answers.total // PER_COLUMN))
    width = max(columns for columns in COLUMNS if columns <= enough)
    answered, failed = np.zeros((width + 1, BINS), np.int64), np.zeros(width + 1, np.int64)
    told = {when: (np.zeros(BINS, np.int64), [0]) for when, _, _ in spans}
    for part in seen.answers.own_parts():
        right = part.where(part.waited_us > 0)
        bins, columns = bins_of(right.waited_us), places(right.times_ns, axis, zero_ns, width)
        answered += np.bincount(columns * BINS + bins, minlength=answered.size).reshape(answered.shape)
        wrong = part.times_ns[(part.outcomes == BAD) & (part.waited_us == 0)]
        failed += np.bincount(places(wrong, axis, zero_ns, width), minlength=width + 1)
        for when, since_s, until_s in spans:
            since_ns, until_ns = (zero_ns + round(edge * NANOSECONDS) for edge in (since_s, until_s))
            chosen = (right.times_ns >= since_ns) & (right.times_ns < until_ns)
            told[when][0][:] += np.bincount(bins[chosen], minlength=BINS)
            told[when][1].append(int(right.waited_us.max(where=chosen, initial=0)))
    figures = tuple((when, sums, max(slowest)) for when, (sums, slowest) in told.items())
    return _Counted(seen, answered[:width], failed[:width], figures)


def bins_of(waited_us: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the bin of each latency; what is below or above the scale goes to its first or last bin."""
    place = np.log10(waited_us.astype(np.float32) / np.float32(LEAST_US)) * np.float32(PER_DECADE)
    return np.clip(place, 0, BINS - 1).astype(np.int64)


def _range(counted: Sequence[_Counted]) -> tuple[int, int]:
    """Return the bins that the pictures span: whole rows, at least a decade."""
    used = [np.flatnonzero(one.answered.any(axis=0)) for one in counted]
    edges = [int(edge) for bins in used if len(bins) for edge in (bins[0], bins[-1] + 1)]
    if not edges:
        return 2 * PER_DECADE, 3 * PER_DECADE
    low, high = floor(min(edges) / PER_ROW) * PER_ROW, ceil(max(edges) / PER_ROW) * PER_ROW
    middle = floor((low + high - PER_DECADE) / 2 / PER_ROW) * PER_ROW
    return (low, high) if high - low >= PER_DECADE else (max(0, middle), max(0, middle) + PER_DECADE)


def _heat(one: _Counted, low: int, high: int) -> Heat:
    width = len(one.failed)
    rows = one.answered[:, low:high].reshape(width, -1, PER_ROW).sum(axis=2).T[::-1]
    levels, most = level_of(rows), int(rows.max(initial=0))
    paths = ((level, runs(levels == level)) for level in range(1, LEVELS + 1))
    failed = runs((one.failed > 0).reshape(1, -1))
    lines = ". ".join(
        f"{line.when}: median {line.median}, 95 % within {line.p95}, slowest {line.slowest}" for line in _quantiles(one)
    )
    bad = f" {count(int(one.failed.sum()))} failed or had no answer." if one.failed.any() else ""
    text = f"Latency of {one.seen.name} over time. {lines}.{bad}"
    return Heat(
        one.seen.name, one.seen.kind, width, tuple((n, path) for n, path in paths if path), failed, count(most), text
    )


def level_of(rows: Counts) -> Counts:
    """Return how dark each cell is: 0 without an answer, then 1 to LEVELS on a logarithmic scale."""
    most = max(2, int(rows.max(initial=0)))
    share = np.log(np.maximum(rows, 1)) / np.log(most)
    return np.where(rows > 0, 1 + np.minimum(LEVELS - 1, (share * LEVELS).astype(np.int64)), 0)


def _scale(low: int, high: int) -> Iterator[tuple[int, str]]:
    """Yield the whole decades within the picture: pixels from its top, and the label."""
    names = ("10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1,000 s")
    for decade, name in enumerate(names):
        if low <= decade * PER_DECADE <= high:
            yield FAILED_PX + GAP_PX + (high - decade * PER_DECADE) * ROW_PX // PER_ROW, name


def _quantiles(one: _Counted) -> Iterator[Quantiles]:
    for when, bins, slowest_us in one.spans:
        answers = int(bins.sum())
        most_s = slowest_us / 1e6
        # The middle of a bin may lie above all that fell into it.
        found = (quantile_s(bins, share) for share in (0.5, 0.95, 0.99))
        median, p95, p99 = (latency(None if s is None else min(s, most_s)) for s in found)
        yield Quantiles(one.seen.name, when, count(answers), median, p95, p99, latency(most_s or None))


def quantile_s(bins: Counts, share: float) -> float | None:
    """Return the latency that this share of the answers does not exceed, in seconds; None without answers."""
    total = int(bins.sum())
    if not total:
        return None
    place = int(np.searchsorted(np.cumsum(bins), ceil(share * total)))
    return float(LEAST_US * 10 ** ((place + 0.5) / PER_DECADE) / 1e6)
