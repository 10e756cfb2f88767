"""How many HTTP probes a second one core sends, receives and records: `benchmarks.throughput`, as a part."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import throughput
from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table

SECONDS = 5.0
CANARIES = (4, 8, 12)


def measure(setting: Setting) -> dict[str, Any]:
    """Let more and more canaries probe every millisecond, the observer on one core."""
    canaries, seconds = ((2,), 0.5) if setting.quick else (CANARIES, SECONDS)
    with throughput.served() as port:
        rows = [_measured(port, number, seconds) for number in canaries]
        return {"rows": rows, "bare": throughput.bare_apart(port, seconds)}


def _measured(port: int, canaries: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="blackstart-probing-") as folder:
        return throughput.measure(port, canaries, seconds, Path(folder))


def checks(measured: Measured) -> list[Check]:
    """Compare what was reached by the clock, every probe right and in time, with what is wanted."""
    best = max(row["good_per_s"] for row in measured["rows"])
    wanted, bare = throughput.WANTED_PER_S, measured["bare"]["per_s"]
    reached = f"{best:,} good ones a second (bare sockets: {bare:,})"
    return [Check(f">= {wanted:,} probes/s on one core", reached, best >= wanted)]


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    yield (
        "The observer as it ships, its process held on one core, against a tiny server in another process: canaries "
        "that probe every millisecond. *Good* ones were sent in time, answered rightly and recorded. "
        f"Beside it, what the kernel alone leaves room for on this machine: connecting, sending, receiving and closing "
        f"with bare blocking sockets, one after another, takes {measured['bare']['cpu_us']} µs of the same core, "
        f"{measured['bare']['per_s']:,} a second.\n"
    )
    heads = ("asked for, probes/s", "good, probes/s", "bad", "share of the core", "CPU a probe, µs")
    keys = ("asked_per_s", "good_per_s", "bad", "core_share", "cpu_us_a_probe")
    yield from table(heads, ([row[key] for key in keys] for row in measured["rows"]))


PROBING = Part("probing", "Probes on one core", measure, checks, lines, shape=2)
