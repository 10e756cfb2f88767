"""Acknowledged writes against survivors: time and memory as the writes grow.

Each size is measured in a process of its own (``python -m benchmarks.reconciling COUNT``), whose peak of resident
memory holds everything: Python, numpy, the rows and whatever the arithmetic needs beside them.
"""

import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table
from blackstart.history import Blocks
from blackstart.judge.interval import Interval
from blackstart.judge.loss import ACKNOWLEDGED, Writes, match
from blackstart.judge.loss import measure as measure_loss
from blackstart.judge.stalls import Stalls

SIZES = (1_000_000, 3_000_000, 10_000_000)
MOST_S, MOST_MB = 0.3, 300.0
WRITERS, LOST_SPANS, AGAIN = 4, 1000, 5
TOLERANCE = 1.25
"""How much more than in proportion a size may take: what a machine's caches and its clock make of it."""


def main(count: int) -> None:
    """Print what one size takes."""
    writes, ranges, lost = made(count)
    fault = Interval.exactly(int(writes.done[-1]))
    before_mb = peak_mb()
    taken = []
    for _ in range(AGAIN):
        began_s = time.perf_counter()
        found = measure_loss(writes, match(writes, ranges), 1 << 62, fault, Stalls(), 1)
        taken.append(time.perf_counter() - began_s)
    if (found.lost, found.acknowledged) != (lost, count):
        raise RuntimeError(f"{found.lost} lost of {found.acknowledged}, but {lost} of {count} are")
    print(json.dumps({"count": count, "seconds": taken, "before_mb": before_mb, "peak_mb": peak_mb(), "lost": lost}))


def made(count: int) -> tuple[Writes, dict[int, list[tuple[int, int]]], int]:
    """Return a ledger, the survivors of which a drawn thousand is missing, and how many are lost."""
    each = count // WRITERS
    cuts = sorted(random.Random(7).sample(range(2, each), LOST_SPANS // WRITERS))
    edges = zip([0, *cuts], [*cuts, each + 1], strict=True)
    spans = [(low + 1, high - 1) for low, high in edges if low + 1 <= high - 1]
    sent = np.empty(count, np.int64)
    for writer in range(WRITERS):
        sent[writer * each : (writer + 1) * each] = np.arange(1, each + 1, dtype=np.int64) * 400_000
    writers, length = np.arange(WRITERS, dtype=np.uint16), np.full(WRITERS, each, np.uint64)
    writes = Writes(
        Blocks(writers, np.ones(WRITERS, np.uint64), length, length, np.zeros(WRITERS, np.int64)),
        sent,
        sent + 2_000_000,
        np.full(count, ACKNOWLEDGED, np.uint8),
        np.ones(count, np.uint16),
    )
    return writes, dict.fromkeys(range(WRITERS), spans), len(cuts) * WRITERS


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(setting: Setting) -> dict[str, Any]:
    """Measure each size."""
    return {"rows": [_measured(count) for count in (SIZES[:1] if setting.quick else SIZES)]}


def _measured(count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.reconciling", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    found = json.loads(done.stdout)
    found["median_s"] = statistics.median(found.pop("seconds"))
    return dict(found)


def checks(measured: Measured) -> list[Check]:
    """Compare the largest with the bounds, and each step with the growth of the writes."""
    rows = measured["rows"]
    last = rows[-1]
    return [
        Check(
            f"{last['count']:,} writes reconciled in <= {MOST_S} s and <= {MOST_MB:.0f} MB",
            f"{last['median_s']:.2f} s, {last['peak_mb']:.0f} MB",
            last["median_s"] <= MOST_S and last["peak_mb"] <= MOST_MB,
        ),
        Check(
            f"time and memory grow no faster than the writes (within {TOLERANCE - 1:.0%})",
            ", ".join(
                f"{_growth(rows[0], row, 'median_s'):.2f} and {_growth(rows[0], row, 'peak_mb'):.2f}"
                for row in rows[1:]
            ),
            all(_growth(rows[0], row, key) <= TOLERANCE for row in rows[1:] for key in ("median_s", "peak_mb")),
        ),
    ]


def _growth(small: dict[str, Any], large: dict[str, Any], key: str) -> float:
    """Return by how much more than the writes something has grown; 1 is in proportion."""
    return float(large[key] / small[key] / (large["count"] / small["count"]))


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    yield (
        f"A synthetic ledger of {WRITERS} writers, of whose survivors a thousand are missing, one here and there; "
        f"matched and measured as a verdict does it, median of {AGAIN} times. *Peak* is all that the process ever "
        "held, *rows* what it held before.\n"
    )
    heads = ("writes", "lost", "time, s", "peak, MB", "rows, MB", "bytes a write")
    yield from table(heads, map(_row, measured["rows"]))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    each = row["peak_mb"] * 2**20 / row["count"]
    return (
        f"{row['count']:,}", f"{row['lost']:,}", f"{row['median_s']:.3f}", f"{row['peak_mb']:.0f}",
        f"{row['before_mb']:.0f}", f"{each:.0f}",
    )  # fmt: skip


RECONCILING = Part("reconciling", "Ten million writes reconciled", measure, checks, lines)

if __name__ == "__main__":
    main(int(sys.argv[1]))
