"""Chaos Toolkit's continuous steady-state hypothesis, through its own library; what it saw is in its own journal."""

import json
import sys
from pathlib import Path
from typing import Any

from chaoslib.experiment import run_experiment
from chaoslib.run import RunEventHandler
from chaoslib.types import Schedule, Strategy

from benchmarks.ground_truth.script import SLO_S
from benchmarks.instruments.observer import Observer, Reply, Sight
from benchmarks.instruments.wall import instant_s, offset_s

JOURNAL, BEGUN = "journal.json", "begun"


def chaostoolkit_loop(every_s: float) -> Observer:
    """Return the continuous hypothesis with that frequency."""

    def command(url: str, folder: Path) -> list[str]:
        return [sys.executable, "-m", __name__, url, str(every_s), str(folder)]

    return Observer(f"Chaos Toolkit, {every_s:g} s", command, BEGUN, sight)


def sight(folder: Path) -> Sight:
    """Return what the journal says of each look at the hypothesis."""
    offset = offset_s()
    states = json.loads((folder / JOURNAL).read_text(encoding="utf-8"))["steady_states"]["during"]
    looks = [(state["probes"][0], state["steady_state_met"]) for state in states if state and state["probes"]]
    replies = [Reply(instant_s(probe["end"]) + offset, bool(met)) for probe, met in looks]
    return Sight([instant_s(probe["start"]) + offset for probe, _ in looks], replies=replies)


def wait_for_the_end() -> bool:
    """Be the experiment's method: wait until standard input ends."""
    sys.stdin.read()
    return True


def experiment(url: str) -> dict[str, Any]:
    probe = {
        "type": "probe",
        "name": "it answers",
        "tolerance": 200,
        "provider": {"type": "http", "url": url, "timeout": SLO_S},
    }
    method = {
        "type": "action",
        "name": "wait",
        "provider": {
            "type": "python",
            "module": "benchmarks.instruments.chaostoolkit_loop",
            "func": "wait_for_the_end",
        },
    }
    return {
        "title": "Watch",
        "description": "Watch while somebody else breaks it",
        "steady-state-hypothesis": {"title": "It serves", "probes": [probe]},
        "method": [method],
        "rollbacks": [],
    }


class Beginning(RunEventHandler):  # type: ignore[misc]
    """Leaves word of the first look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def continuous_hypothesis_iteration(self, iteration_index: int, state: Any) -> None:
        if iteration_index == 1:
            (self._folder / BEGUN).write_text("begun\n", encoding="utf-8")


def main(url: str, every_s: float, folder: Path) -> None:
    """Watch until standard input ends, and write the journal."""
    journal = run_experiment(
        experiment(url),
        settings={},
        strategy=Strategy.CONTINUOUS,
        schedule=Schedule(every_s, fail_fast=False),
        event_handlers=[Beginning(folder)],
    )
    (folder / JOURNAL).write_text(json.dumps(journal, default=str), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
