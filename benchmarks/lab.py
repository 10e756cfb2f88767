"""The lab and the drill in it: how soon, how big, and whether its figures are what was injected."""

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.driver import Drill, Driver
from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import spread, table
from blackstart.lab import door

DELAY_MS = 1000
START_S, MEMORY_MB, DRILL_S = 5.0, 1536.0, 30.0
FIGURES = ("figure", "minimum", "median", "maximum")


def measure(setting: Setting) -> dict[str, Any]:
    """Bring labs up and down, and run region-loss without and with replication delay."""
    rounds = 1 if setting.quick else setting.rounds
    with tempfile.TemporaryDirectory(prefix="blackstart-bench-") as folder:
        return {
            "starts": measure_starts(Path(folder), rounds),
            "undelayed": measure_drills(Path(folder), "undelayed", (), rounds),
            "delayed": measure_drills(Path(folder), "delayed", ("--replication-delay-ms", str(DELAY_MS)), rounds),
        }


def measure_starts(folder: Path, rounds: int) -> list[dict[str, float]]:
    """Bring a lab up and down; time until its first order, and memory (proportional set size) once it is up."""
    driver = Driver(made(folder / "starts"))
    found = []
    for _ in range(rounds):
        began = time.monotonic()
        with driver.lab_up() as status:
            found.append({"start_s": time.monotonic() - began, "memory_mb": status["memory_mb"]})
        say(f"lab up: {found[-1]['start_s']:.2f} s, {found[-1]['memory_mb']:.0f} MB")
    return found


def measure_drills(folder: Path, name: str, knobs: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    """Run region-loss in one lab, again and again, beside what the lab itself knows of each failover."""
    driver = Driver(made(folder / name))
    found = []
    with driver.lab_up(*knobs):
        before = driver.configuration()
        for _ in range(rounds):
            with failovers(driver) as seen:
                drill = driver.drill()
            row = figures(drill, seen)
            row["unchanged"] = driver.configuration() == before
            found.append(row)
            say(f"{name}: exit {drill.exit_code}, {json.dumps(row)}")
    return found


@contextmanager
def failovers(driver: Driver) -> Iterator[list[dict[str, Any]]]:
    """Yield a list that holds, after the block, the forced failovers which the lab's database went through in it."""
    lab = door.running(driver.lab, driver.folder / "home")
    assert lab is not None
    known = len(lab.status()["aurora"]["failovers"])
    seen: list[dict[str, Any]] = []
    yield seen
    seen.extend(f for f in lab.status()["aurora"]["failovers"][known:] if f["mode"] == "failover")


def figures(drill: Drill, seen: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of one drill."""
    if drill.verdict is None:
        raise RuntimeError(drill.output)
    verdict, orders = drill.verdict, drill.verdict["stores"]["orders"]
    (failover,) = seen
    return {
        "seconds": round(drill.seconds, 2),
        "outcome": verdict["outcome"],
        "rto": verdict["rto"],
        "rpo": orders["rpo"],
        "acknowledged": orders["acknowledged"],
        "lost": orders["lost"],
        "indeterminate": orders["indeterminate"],
        "commits_past_switch": failover["commits_past_switch"],
    }


def checks(measured: Measured) -> list[Check]:
    """Return each bound with whether it held."""
    starts, undelayed, delayed = (measured[key] for key in ("starts", "undelayed", "delayed"))
    every = [*undelayed, *delayed]
    return [
        at_most("lab up to the first order, median", starts, "start_s", START_S, "s"),
        at_most("memory of the lab, median", starts, "memory_mb", MEMORY_MB, "MB"),
        at_most("region-loss in a running lab, median", every, "seconds", DRILL_S, "s"),
        all_of("every drill met its objectives", [row["outcome"] == "met" for row in every]),
        all_of("every drill left the lab's configuration as it was", [row["unchanged"] for row in every]),
        all_of("RPO without delay within 0 to 0.1 s", [0 <= point(row) <= 0.1 for row in undelayed]),
        all_of(f"RPO with {DELAY_MS} ms of delay within 0.8 to 1.4 s", [0.8 <= point(row) <= 1.4 for row in delayed]),
        all_of(
            "lost never exceeds the commits past the switch point plus the unknown ones",
            [row["lost"] <= row["commits_past_switch"] + row["indeterminate"] for row in every],
        ),
    ]


def at_most(says: str, rows: Sequence[Mapping[str, Any]], key: str, most: float, unit: str) -> Check:
    median = statistics.median(row[key] for row in rows)
    return Check(f"{says} <= {most:g} {unit}", f"{median:.2f} {unit}", median <= most)


def all_of(says: str, held: Sequence[bool]) -> Check:
    return Check(says, f"{sum(held)} of {len(held)}", all(held))


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    starts = measured["starts"]
    yield "### Until the first order is accepted\n"
    rows = [("lab up, s", "start_s", 2), ("memory, MB", "memory_mb", 0)]
    yield from table(FIGURES, [(name, *spread([row[key] for row in starts], digits)) for name, key, digits in rows])
    yield from drills("without delay", measured["undelayed"])
    yield from drills(f"with {DELAY_MS} ms of replication delay", measured["delayed"])


def drills(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"### region-loss {title}\n"
    yield from table(FIGURES, [("wall time of `blackstart run`, s", *spread([row["seconds"] for row in rows], 1))])
    heads = ("outcome", "RTO, s", "RPO, s", "acknowledged", "lost", "unknown", "commits past the switch point")
    yield from table(heads, map(drilled, rows))


def drilled(row: Mapping[str, Any]) -> tuple[object, ...]:
    counts = (row[key] for key in ("acknowledged", "lost", "indeterminate", "commits_past_switch"))
    return row["outcome"], interval(row["rto"]), interval(row["rpo"]), *counts


def interval(value: Mapping[str, float] | None) -> str:
    if value is None:
        return "not measured"
    return f"{value['point_s']:.3f} ({value['earliest_s']:.3f} to {value['latest_s']:.3f})"


def point(row: Mapping[str, Any]) -> float:
    return float(row["rpo"]["point_s"]) if row["rpo"] else float("nan")


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def say(text: str) -> None:
    print(text, flush=True)


LAB = Part("lab", "The lab and the drill", measure, checks, lines)
