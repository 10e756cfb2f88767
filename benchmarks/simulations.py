"""``make simulations``: every simulation of the judge's tests, ten thousand drawn cases each.

Each case draws what goes wrong, so the truth is known, and checks that it lies within the bounds that the judge states.
Writes docs/simulations.md from what the tests themselves tell of each case. BLACKSTART_CASES sets how many, and
BLACKSTART_SEED draws the same again.
"""

import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.tables import table

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs/simulations.md"
TESTS = "tests/judge"
CASES = "10000"
VERSIONS = ("blackstart", "hypothesis", "numpy")


@dataclass
class Simulation:
    """What was drawn for one of them: ``had`` counts cases by feature, ``width_s`` has each stated figure's bounds."""

    name: str
    cases: int = 0
    true: int = 0
    had: Counter[str] = field(default_factory=Counter)
    width_s: dict[str, list[float]] = field(default_factory=dict)

    def add(self, case: Mapping[str, Any]) -> None:
        self.cases += 1
        self.true += not case["untrue"]
        self.had.update(dict.fromkeys(case["could_have"], 0))
        self.had.update(case["had"])
        for name, widths in case["width_s"].items():
            self.width_s.setdefault(name, []).extend(widths)


@dataclass(frozen=True)
class Told:
    """How one test ended, as pytest tells it: ``failure`` in full, "" where it passed."""

    test: str
    took_s: float
    failure: str = ""


def main() -> int:
    """Run them all, write the document, and return 1 when any statement was not true, or too little was drawn."""
    seed, wanted = os.environ.get("BLACKSTART_SEED", str(random.SystemRandom().getrandbits(32))), cases()
    print(f"{wanted} cases of each simulation, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="blackstart-simulations-") as folder:
        drawn, results = Path(folder, "drawn.jsonl"), Path(folder, "results.xml")
        code = run(seed, wanted, drawn, results, Path(folder))
        found, told = counted(lines(drawn)), outcomes(results.read_text(encoding="utf-8"))
    DOCUMENT.write_text("\n".join(document(found, told, seed)) + "\n", encoding="utf-8")
    right = proven(found, told, wanted)
    for each in found:
        print(f"{each.name}: the truth within the bounds in {each.true} of {each.cases} cases", flush=True)
    return 0 if code == 0 and right else 1


def cases() -> int:
    return int(os.environ.get("BLACKSTART_CASES", CASES))


def run(seed: str, wanted: int, drawn: Path, results: Path, folder: Path) -> int:
    """Run the tests in a process of their own, with their output on this terminal; return its exit code."""
    settings = {"BLACKSTART_CASES": str(wanted), "BLACKSTART_SIMULATIONS": str(drawn)}
    # Without what earlier runs remember, so that a seed draws the same cases everywhere.
    settings["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
    command = [sys.executable, "-m", "pytest", "-v", "-m", "simulation", TESTS, f"--hypothesis-seed={seed}"]
    command += ["--timeout=0", f"--junitxml={results}", f"--basetemp={folder / 'pytest'}", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode


def lines(drawn: Path) -> Iterator[dict[str, Any]]:
    """Yield the cases that the tests told of; none where they told of none."""
    if drawn.exists():
        with drawn.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def counted(told: Iterable[Mapping[str, Any]]) -> list[Simulation]:
    """Return what was drawn, by simulation, in the order of their first cases."""
    found: dict[str, Simulation] = {}
    for case in told:
        name = case["simulation"]
        found.setdefault(name, Simulation(name)).add(case)
    return list(found.values())


def outcomes(results: str) -> list[Told]:
    """Return how each test ended, from pytest's own report."""
    return [_told(case) for case in ET.fromstring(results).iter("testcase")]


def _told(case: ET.Element) -> Told:
    failures = [it.text or it.get("message") or "" for kind in ("failure", "error") for it in case.iter(kind)]
    return Told(str(case.get("name")), float(case.get("time") or 0), "\n".join(failures))


def proven(found: Sequence[Simulation], told: Sequence[Told], wanted: int) -> bool:
    """Return whether every test passed, drew as many cases as wanted, and found all that was stated true."""
    enough = all(each.cases >= wanted and each.true == each.cases for each in found)
    return bool(found) and len(found) == len(told) and enough and not any(it.failure for it in told)


def document(found: Sequence[Simulation], told: Sequence[Told], seed: str) -> Iterator[str]:
    """Yield the lines of docs/simulations.md."""
    yield "# The truth within the bounds\n"
    yield "Written by `make simulations` from its own run; nothing here is typed by hand. The judge's statements are"
    yield "checked in virtual time: each case draws what goes wrong, with the service, the network and the observer, so"
    yield "the truth is known, and every figure that the judge states has to hold it. *Width* is how far a figure's"
    yield "bounds are apart, over all that were stated.\n"
    yield "A request that the network loses, or holds up for longer than the objective, is an outage of an instant at"
    yield "its sending. Outages with less between them than the stabilisation window (1.2 or 3 s) are one. An"
    yield "outage that no probe met must be shorter than the widest hole between good ones. What is not drawn: a"
    yield "request that meets two outages; and, of orders, standstills too short for the heartbeats to show (150 ms).\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}, seed {seed} (`BLACKSTART_SEED={seed} make simulations` draws the same again),"
    yield f"{sum(it.took_s for it in told):.0f} s, {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
    yield f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in VERSIONS)}.\n"
    rows = ((each.name, each.cases, each.true, _yes(each.true == each.cases)) for each in found)
    yield from table(("simulation", "cases drawn", "truth within the bounds", "in all"), rows)
    yield from table(
        ("test", "took, s", "passed"), ((it.test, f"{it.took_s:.1f}", _yes(not it.failure)) for it in told)
    )
    for each in found:
        yield from _section(each)
    for it in told:
        if it.failure:
            yield f"## Failed: {it.test}\n\n```text\n{it.failure}\n```\n"


def _section(each: Simulation) -> Iterator[str]:
    yield f"## {each.name[:1].upper()}{each.name[1:]}\n"
    drawn = ((name, count, f"{count / each.cases:.1%}") for name, count in each.had.items())
    yield from table(("what was drawn", "cases", "share"), drawn)
    widths = [(name, values) for name, values in each.width_s.items() if values]
    rows = ((name, len(values), _ms(statistics.median(values)), _ms(max(values))) for name, values in widths)
    if widths:
        yield from table(("figure", "stated", "median width, ms", "widest, ms"), rows)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "**no**"


if __name__ == "__main__":
    sys.exit(main())
