"""Loss over time: the writes around the fault by the moment of their acknowledgement, beside the service's lag."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blackstart.history import Watch
from blackstart.report import phases
from blackstart.report.axis import Axis, Tick
from blackstart.report.cells import places
from blackstart.report.ink import bars
from blackstart.report.quantities import NANOSECONDS, after, counted, label, plain
from blackstart.report.record import Record
from blackstart.report.seen import Fate, Seen

COLUMNS = 120
HEIGHT = 34
LAG_WIDTH = 1000
LEAST_S = 0.5
"""The least time that is shown before and after what matters."""


@dataclass(frozen=True)
class Row:
    """One kind of write over time: the path of its bars in COLUMNS × HEIGHT, its highest bar, and all in words."""

    look: str
    name: str
    path: str
    most: str
    text: str


@dataclass(frozen=True)
class Lag:
    """A lag metric's readings as a line in LAG_WIDTH × HEIGHT, its highest reading, and all in words."""

    name: str
    path: str
    most: str
    text: str


@dataclass(frozen=True)
class Acknowledged:
    """One store: its rows, the lag metrics beside them, on one axis."""

    store: str
    rows: tuple[Row, ...]
    lags: tuple[Lag, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...]


def acknowledged(record: Record, seen: Sequence[Seen], whole: Axis) -> list[Acknowledged]:
    """Return the picture of each store whose survivors were read; none where no fault gives it a zero."""
    if record.fault_ns is None:
        return []
    return [_store(record, one, one.fate, whole) for one in seen if one.fate is not None]


def _store(record: Record, seen: Seen, fate: Fate, whole: Axis) -> Acknowledged:
    axis = _axis(record, fate, whole)
    watches = {name: watch for name, watch in record.watches().items() if name.startswith("lag")}
    lags = tuple(_lag(name, watch, axis, record.zero_ns) for name, watch in watches.items())
    found = phases.instants(record)
    marks = tuple(
        Tick(axis.percent(found[key]["point_s"]), word, "end" if axis.percent(found[key]["point_s"]) > 60 else "start")
        for key, word in (("fault", "fault"), ("promoted", "promoted"), ("recovered", "recovered"))
        if key in found and axis.start_s <= found[key]["point_s"] <= axis.end_s
    )
    return Acknowledged(
        plain(seen.store, 60), tuple(_rows(fate, axis, record.zero_ns)), lags, tuple(axis.ticks()), marks
    )


def _axis(record: Record, fate: Fate, whole: Axis) -> Axis:
    """Return from before the oldest lost write until after the recovery, and some of what surrounds that."""
    lost = _counted(fate) & ~fate.survived
    edges = [0.0, *(at["point_s"] for key, at in phases.instants(record).items() if key in ("promoted", "recovered"))]
    if lost.any():
        ends = (fate.acknowledged_ns.min(where=lost, initial=2**62), fate.acknowledged_ns.max(where=lost, initial=0))
        edges += [(int(end) - record.zero_ns) / NANOSECONDS for end in ends]
    around = max(LEAST_S, 0.3 * (max(edges) - min(edges)))
    return Axis(max(whole.start_s, min(edges) - around), min(whole.end_s, max(edges) + around))


def _counted(fate: Fate) -> NDArray[np.bool_]:
    return fate.acknowledged & (fate.acknowledged_ns < fate.read_at_ns)


def _rows(fate: Fate, axis: Axis, zero_ns: int) -> Iterator[Row]:
    confirmed = _counted(fate)
    silent = fate.silent & ~fate.survived & (fate.sent_ns > 0) & (fate.sent_ns < fate.read_at_ns)
    kinds = (
        ("survived", "acknowledged, survived", fate.acknowledged_ns, confirmed & fate.survived),
        ("lost", "acknowledged, lost", fate.acknowledged_ns, confirmed & ~fate.survived),
        ("indeterminate", "no answer, not there", fate.sent_ns, silent),
    )
    tallies = [_tally(times, chosen, axis, zero_ns) for _, _, times, chosen in kinds]
    # One scale for all: a lost write weighs as much as one that survived.
    most = max(1, *(int(tally.max()) for tally in tallies))
    for (look, name, _, _), tally in zip(kinds, tallies, strict=True):
        words = f"{name}: {counted(int(tally.sum()), 'write')} in this span{_when(tally, axis)}"
        highest = f"up to {counted(int(tally.max()), 'write')} in {label(axis.width_s / COLUMNS).lstrip('+')}"
        path = bars(tally * (HEIGHT - 2) / most, HEIGHT)
        yield Row(look, name, path, highest if tally.any() else "none", words)


def _tally(times_ns: NDArray[np.int64], chosen: NDArray[np.bool_], axis: Axis, zero_ns: int) -> NDArray[np.int64]:
    total = np.zeros(COLUMNS + 1, np.int64)
    for start in range(0, len(times_ns), 1 << 20):
        part = slice(start, start + (1 << 20))
        total += np.bincount(places(times_ns[part][chosen[part]], axis, zero_ns, COLUMNS), minlength=COLUMNS + 1)
    return total[:COLUMNS]


def _when(tally: NDArray[np.int64], axis: Axis) -> str:
    some = np.flatnonzero(tally)
    if not len(some):
        return ""
    width_s = axis.width_s / COLUMNS
    first, last = axis.start_s + some[0] * width_s, axis.start_s + (some[-1] + 1) * width_s
    return f", from {after(round(float(first), 2))} to {after(round(float(last), 2))}"


def _lag(name: str, watch: Watch, axis: Axis, zero_ns: int) -> Lag:
    readings = [
        ((time_ns - zero_ns) / NANOSECONDS, float(value) if _is_number(value) else None)
        for time_ns, value in zip(watch.times, watch.values, strict=True)
    ]
    inside = [(at, value) for at, value in readings if axis.start_s <= at <= axis.end_s]
    values = [value for _, value in inside if value is not None]
    most = max(values, default=0.0)
    silent = len(inside) - len(values)
    words = f"{plain(name, 60)}: {counted(len(values), 'reading')} in this span"
    words += f", from {min(values):g} to {most:g}" if values else ""
    words += f"; {silent} without an answer" if silent else ""
    return Lag(plain(name, 60), _line(inside, axis, most), f"{most:g}" if values else "no reading", words)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _line(readings: Sequence[tuple[float, float | None]], axis: Axis, most: float) -> str:
    """Return the line through the readings, broken where the metric gave none."""
    path, drawing = [], False
    for at, value in readings:
        if value is not None:
            x, y = axis.percent(at) * LAG_WIDTH / 100, HEIGHT - 2 - (HEIGHT - 4) * (value / most if most else 0.0)
            path.append(f"{'L' if drawing else 'M'}{x:.0f} {y:.4g}")
            # A reading on its own is a dot, not nothing.
            path += [] if drawing else ["h1"]
        drawing = value is not None
    return "".join(path)
