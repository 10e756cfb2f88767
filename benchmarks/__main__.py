"""``make bench``: measures the lab and the drill, and writes docs/benchmarks.md from what it measured."""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.driver import Drill, Driver
from blackstart.lab import door

ROUNDS = int(os.environ.get("BLACKSTART_ROUNDS", "5"))
DOCUMENT = Path(__file__).parents[1] / "docs/benchmarks.md"
DELAY_MS = 1000
FIGURES = "| figure | minimum | median | maximum |\n|---|---|---|---|"
LIMITS = {"start_s": 5.0, "memory_mb": 1536.0, "drill_s": 30.0}


def main() -> int:
    """Measure, write the document, and return 1 when a bound does not hold."""
    with tempfile.TemporaryDirectory(prefix="blackstart-bench-") as folder:
        starts = measure_starts(Path(folder))
        undelayed = measure_drills(Path(folder), "undelayed", ())
        delayed = measure_drills(Path(folder), "delayed", ("--replication-delay-ms", str(DELAY_MS)))
    checks = checked(starts, undelayed, delayed)
    DOCUMENT.write_text("\n".join(document(starts, undelayed, delayed, checks)) + "\n", encoding="utf-8")
    say(f"wrote {DOCUMENT.relative_to(Path.cwd()) if DOCUMENT.is_relative_to(Path.cwd()) else DOCUMENT}")
    for name, holds in checks:
        say(f"{'holds  ' if holds else 'MISSED '} {name}")
    return 0 if all(holds for _, holds in checks) else 1


def measure_starts(folder: Path) -> list[dict[str, float]]:
    """Bring a lab up and down; time until its first order, and memory (proportional set size) once it is up."""
    driver = Driver(made(folder / "starts"))
    found = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        with driver.lab_up() as status:
            found.append({"start_s": time.monotonic() - began, "memory_mb": status["memory_mb"]})
        say(f"lab up: {found[-1]['start_s']:.2f} s, {found[-1]['memory_mb']:.0f} MB")
    return found


def measure_drills(folder: Path, name: str, knobs: Sequence[str]) -> list[dict[str, Any]]:
    """Run region-loss in one lab, again and again, beside what the lab itself knows of each failover."""
    driver = Driver(made(folder / name))
    found = []
    with driver.lab_up(*knobs):
        before = driver.configuration()
        for _ in range(ROUNDS):
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


def checked(
    starts: Sequence[dict[str, float]], undelayed: Sequence[dict[str, Any]], delayed: Sequence[dict[str, Any]]
) -> list[tuple[str, bool]]:
    """Return each bound with whether it held."""
    every = [*undelayed, *delayed]
    return [
        (
            f"lab up to the first order, median <= {LIMITS['start_s']:g} s",
            median(starts, "start_s") <= LIMITS["start_s"],
        ),
        (
            f"memory of the lab, median <= {LIMITS['memory_mb']:g} MB",
            median(starts, "memory_mb") <= LIMITS["memory_mb"],
        ),
        (
            f"region-loss in a running lab, median <= {LIMITS['drill_s']:g} s",
            median(every, "seconds") <= LIMITS["drill_s"],
        ),
        ("every drill met its objectives", all(row["outcome"] == "met" for row in every)),
        ("every drill left the lab's configuration as it was", all(row["unchanged"] for row in every)),
        ("RPO without delay within 0 to 0.1 s", all(0 <= point(row) <= 0.1 for row in undelayed)),
        (f"RPO with {DELAY_MS} ms of delay within 0.8 to 1.4 s", all(0.8 <= point(row) <= 1.4 for row in delayed)),
        (
            "lost never exceeds the commits past the switch point plus the unknown ones",
            all(row["lost"] <= row["commits_past_switch"] + row["indeterminate"] for row in every),
        ),
    ]


def document(
    starts: Sequence[dict[str, float]],
    undelayed: Sequence[dict[str, Any]],
    delayed: Sequence[dict[str, Any]],
    checks: Sequence[tuple[str, bool]],
) -> Iterator[str]:
    """Yield the lines of docs/benchmarks.md."""
    yield "# Benchmarks\n"
    yield "Written by `make bench` from its own run; nothing here is typed by hand. Run it again to get your own.\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
    yield f"Python {platform.python_version()}, {ROUNDS} rounds each.\n"
    yield "## Bounds\n\n| bound | held |\n|---|---|"
    yield from (f"| {name} | {'yes' if holds else '**no**'} |" for name, holds in checks)
    yield "\n## The lab: until the first order is accepted\n\n" + FIGURES
    yield spread("lab up, s", starts, "start_s", 2)
    yield spread("memory, MB", starts, "memory_mb", 0)
    for title, rows in (("without delay", undelayed), (f"with {DELAY_MS} ms of replication delay", delayed)):
        yield f"\n## region-loss {title}\n"
        yield FIGURES
        yield spread("wall time of `blackstart run`, s", rows, "seconds", 1)
        yield "\n| outcome | RTO, s | RPO, s | acknowledged | lost | unknown | commits past the switch point |"
        yield "|---|---|---|---|---|---|---|"
        yield from (drilled(row) for row in rows)


def drilled(row: dict[str, Any]) -> str:
    cells = [
        row["outcome"],
        interval(row["rto"]),
        interval(row["rpo"]),
        *(str(row[key]) for key in ("acknowledged", "lost", "indeterminate", "commits_past_switch")),
    ]
    return f"| {' | '.join(cells)} |"


def interval(value: dict[str, float] | None) -> str:
    if value is None:
        return "not measured"
    return f"{value['point_s']:.3f} ({value['earliest_s']:.3f} to {value['latest_s']:.3f})"


def spread(name: str, rows: Sequence[dict[str, Any]], key: str, digits: int) -> str:
    values = [row[key] for row in rows]
    return f"| {name} | {min(values):.{digits}f} | {statistics.median(values):.{digits}f} | {max(values):.{digits}f} |"


def median(rows: Sequence[dict[str, Any]], key: str) -> float:
    return statistics.median(row[key] for row in rows)


def point(row: dict[str, Any]) -> float:
    return float(row["rpo"]["point_s"]) if row["rpo"] else float("nan")


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
