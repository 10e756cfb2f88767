"""How many HTTP probes a second one core sends, receives and records: `benchmarks.throughput`, as a part."""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from benchmarks import throughput
from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table

SECONDS, ROUNDS = 3.0, 8
CANARIES = (4, 8, 12)
asked = itemgetter("asked_per_s")


def measure(setting: Setting) -> dict[str, Any]:
    """Let more and more canaries probe every millisecond, the observer on one core; again and again."""
    canaries, seconds, rounds = ((2,), 0.5, 1) if setting.quick else (CANARIES, SECONDS, ROUNDS)
    with throughput.served() as port:
        turns = [number for _ in range(rounds) for number in canaries]
        rows = [_measured(port, number, seconds) for number in turns]
        bare = [throughput.bare_apart(port, seconds) for _ in range(rounds)]
    return {"rows": sorted(rows, key=asked), "bare": bare}


def _measured(port: int, canaries: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="blackstart-probing-") as folder:
        return throughput.measure(port, canaries, seconds, Path(folder))


def checks(measured: Measured) -> list[Check]:
    """Compare what was reached by the clock, every probe right and in time, with what is wanted."""
    best = max(row["good_per_s"] for row in measured["rows"])
    wanted, bare = throughput.WANTED_PER_S, max(row["per_s"] for row in measured["bare"])
    reached = f"{best:,} good ones a second (bare sockets: {bare:,})"
    return [Check(f">= {wanted:,} probes/s on one core", reached, best >= wanted)]


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    bare = measured["bare"]
    yield (
        "The observer as it ships, its process held on one core, against a tiny server in another process: canaries "
        "that probe every millisecond. *Good* ones were sent in time, answered rightly and recorded. Each load is "
        f"measured {len(bare)} times, in turns with the others. What else runs on the same physical core, in this "
        "machine or beside it, takes away from a round what it wants and gives it nothing: the best round tells what "
        "the core does, the median what it did. Beside it, what the kernel alone leaves room for: connecting, sending, "
        f"receiving and closing with bare blocking sockets, one after another, {_range(bare, 'per_s')} a second at "
        f"{_range(bare, 'cpu_us')} µs of the same core.\n"
    )
    heads = (
        "asked for, probes/s", "good, probes/s: best", "median", "least", "bad", "share of the core (median)",
        "CPU a probe, µs: least", "median",
    )  # fmt: skip
    yield from table(heads, (_load(list(rows)) for _, rows in groupby(measured["rows"], asked)))


def _load(rows: Sequence[dict[str, float]]) -> tuple[object, ...]:
    good, cost = ([row[key] for row in rows] for key in ("good_per_s", "cpu_us_a_probe"))
    return (
        rows[0]["asked_per_s"],
        max(good),
        round(statistics.median(good)),
        min(good),
        sum(row["bad"] for row in rows),
        statistics.median(row["core_share"] for row in rows),
        min(cost),
        round(statistics.median(cost), 1),
    )


def _range(rows: Sequence[dict[str, float]], key: str) -> str:
    found = [row[key] for row in rows]
    return f"{min(found):,} to {max(found):,} (median {statistics.median(found):,.0f})"


PROBING = Part("probing", "Probes on one core", measure, checks, lines, shape=3)
