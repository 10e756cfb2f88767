"""The availability strips: one row an observer, all on one axis of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blackstart.report import phases
from blackstart.report.axis import Axis, Tick
from blackstart.report.cells import ALL_GOOD, CELLS, MIXED, Cells, servers, states
from blackstart.report.quantities import NANOSECONDS, after, counted, interval, part, plain
from blackstart.report.record import Record
from blackstart.report.seen import BAD, GOOD, UNSENT, Seen, extent_ns, instruments

LOOKS = ("none", "good", "mixed", "bad", "skipped")
WORDS = ("no data", "good", "partly failing", "failing", "not probed")
MARKS = (("fault", "fault"), ("recovered", "recovered"), ("failed_back", "failed back"))
TOLD = 8


@dataclass(frozen=True)
class Span:
    """Neighbouring cells alike: place and width in percent, its look, what it means in words."""

    left: float
    width: float
    look: str
    words: str


@dataclass(frozen=True)
class Strip:
    """One observer's row: its states, below them who served, and both in words."""

    name: str
    kind: str
    rests_on: bool
    tally: str
    damage: str
    spans: tuple[Span, ...]
    served: tuple[Span, ...]
    text: str


@dataclass(frozen=True)
class Outage:
    """One outage of the verdict, in words."""

    observer: str
    kind: str
    start: str
    end: str
    downtime: str


@dataclass(frozen=True)
class Availability:
    """All strips, the marks across them, and the outages that the verdict found."""

    strips: tuple[Strip, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...]
    outages: tuple[Outage, ...]
    regions: tuple[str, ...]


def availability(record: Record, seen: Sequence[Seen] | None = None) -> Availability:
    """Return what every observer saw, on one axis."""
    seen = list(instruments(record)) if seen is None else seen
    axis = axis_of(record, seen)
    cells = min(CELLS, max(60, 8 * CELLS // max(1, len(seen))))
    strips = tuple(_strip(one, axis, record.zero_ns, cells) for one in seen)
    served = {look for strip in strips for span in strip.served for look in [span.look]}
    regions = next((one.regions for one in seen), ()) if served else ()
    outages = tuple(_outage(record, one) for one in record.verdict.get("outages") or [])
    return Availability(strips, tuple(axis.ticks()), marks(record, axis), outages, regions)


def axis_of(record: Record, seen: Sequence[Seen]) -> Axis:
    """Return the axis of everything that was observed."""
    window = record.window()
    instants = [(instant - record.zero_ns) / NANOSECONDS for instant in extent_ns(seen)]
    return Axis.over([*instants, *(window or ())])


def marks(record: Record, axis: Axis) -> tuple[Tick, ...]:
    """Return where the fault, the recovery and the failback stand."""
    seen = phases.instants(record)
    places = [(axis.percent(seen[key]["point_s"]), label) for key, label in MARKS if key in seen]
    found: list[Tick] = []
    for place, label in places:
        side = "end" if label == "fault" and place > 8 else "start" if place < 88 else "end"
        crowded = found and label != "recovered" and place - found[-1].percent < 14
        found.append(Tick(place, "" if crowded else label, side))
    return tuple(found)


def _strip(seen: Seen, axis: Axis, zero_ns: int, cells: int) -> Strip:
    looks = states(seen.answers, axis, zero_ns, cells)
    spans = _spans(looks, axis, LOOKS, WORDS)
    slots = ("", *(f"region-{number % 3}" for number in range(len(seen.regions))))
    found = servers(seen.answers, axis, zero_ns, len(seen.regions), cells) * np.isin(looks, (ALL_GOOD, MIXED))
    served = tuple(span for span in _spans(found, axis, slots, ("", *seen.regions)) if span.look)
    text = _text(seen.name, spans, served)
    return Strip(seen.name, seen.kind, seen.rests_on, tally(seen), seen.damage, spans, served, text)


def _spans(values: Cells, axis: Axis, looks: Sequence[str], words: Sequence[str]) -> tuple[Span, ...]:
    edges = (np.flatnonzero(np.diff(values)) + 1).tolist()
    found = []
    for first, last in zip([0, *edges], [*edges, values.size], strict=True):
        since, until = (after(round(axis.start_s + axis.width_s * edge / values.size, 2)) for edge in (first, last))
        left, width = 100 * first / values.size, 100 * (last - first) / values.size
        value = int(values[first])
        found.append(Span(round(left, 3), round(width, 3), looks[value], f"{words[value]} {since} to {until}"))
    return tuple(found)


def _text(name: str, spans: Sequence[Span], served: Sequence[Span]) -> str:
    more = f"; and {len(spans) - TOLD} more changes" if len(spans) > TOLD else ""
    by = f" Served by {'; '.join(span.words for span in served[:TOLD])}." if served else ""
    return f"{name}: {'; '.join(span.words for span in spans[:TOLD])}{more}.{by}"


def tally(seen: Seen) -> str:
    """Return what was counted at its own rate: "300 probes: 240 good, 58 bad, 2 not sent"."""
    if not seen.answers.total:
        return "no data"
    good, bad, unsent = (seen.answers.count(outcome) for outcome in (GOOD, BAD, UNSENT))
    rest = f", {unsent:,} not sent" if unsent else ""
    closer = f"; {seen.answers.extras:,} more to look closer at outages" if seen.answers.extras else ""
    return f"{counted(seen.answers.total, seen.noun)}: {good:,} good, {bad:,} bad{rest}{closer}"


TIMES = {"before": "before the fault", "drill": "in the drill", "afterwards": "after the recovery"}


def _partial(record: Record, failure: Mapping[str, Any] | None) -> list[str]:
    """Return what to say of an outage in which not every request failed."""
    ratio = part(failure, "failed_ratio")
    if failure is None or ratio is None:
        return []
    start, end = (part(record.relative(failure.get(side)), "point_s") for side in ("start", "end"))
    between = "" if start is None or end is None else f" between {after(start)} and {after(end)}"
    return [f"{ratio:.0%} of the requests{between}"]


def _outage(record: Record, found: Mapping[str, Any]) -> Outage:
    start, end = (part(record.relative(found.get(side)), "point_s") for side in ("start", "end"))
    kind = [plain(found.get("kind") or "unknown kind", 60).replace("_", " ")]
    kind += [TIMES[word] for word in [str(found.get("during"))] if word in TIMES]
    kind += _partial(record, found.get("partial"))
    return Outage(
        plain(found.get("observer"), 60),
        ", ".join(kind),
        "before the record" if start is None else after(start),
        "not seen" if end is None else after(end),
        interval(found.get("downtime")),
    )
