"""Drives the command line as a person would, from outside: one lab, drills, interruptions."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.leash import leashed

PATIENCE_S = 120.0
POLL_S = 0.002


@dataclass(frozen=True)
class Drill:
    """One ended `blackstart run`: its exit code, its verdict (null if it never got that far) and its wall time."""

    exit_code: int
    verdict: dict[str, Any] | None
    run_dir: Path
    seconds: float
    output: str

    @property
    def reasons(self) -> str:
        return " ".join(self.verdict["reasons"]) if self.verdict else self.output


class Driver:
    """Runs blackstart in a folder of its own, with labs of its own."""

    def __init__(self, folder: Path, lab: str = "default") -> None:
        self.folder, self.lab = folder, lab
        self._runs = 0

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "blackstart.cli", *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    @contextmanager
    def lab_up(self, *knobs: str) -> Iterator[dict[str, Any]]:
        """Yield the status of a lab that is up, and take it down, also if this process is killed meanwhile."""
        with leashed(self._home):
            started = self.command("lab", "up", "--name", self.lab, "--json", *knobs)
            if started.returncode != 0:
                raise RuntimeError(started.stderr)
            try:
                yield json.loads(started.stdout)
            finally:
                self.command("lab", "down", "--name", self.lab)

    def status(self) -> dict[str, Any]:
        """Return the lab's status."""
        return dict(json.loads(self.command("lab", "status", "--name", self.lab, "--json").stdout))

    def configuration(self) -> dict[str, Any]:
        """Return the normalised snapshot of everything that a drill may change."""
        return dict(self.status()["configuration"])

    def drill(self, experiment: str = "region-loss", topology: Path | None = None) -> Drill:
        """Run a drill to its end, on the lab by its own topology or by another one."""
        began = time.monotonic()
        with self._started(experiment, topology) as (run_dir, process):
            return self._ended(process, run_dir, began)

    def interrupted_drill(self, activity: str, number: signal.Signals, experiment: str = "region-loss") -> Drill:
        """Run a drill and send a signal to its process once the named activity (or note) has begun."""
        return self._interrupted(experiment, number, lambda run_dir: _has_begun(run_dir, activity))

    def killed_drill(self, line: int, experiment: str = "region-loss") -> Drill:
        """Run a drill and kill -9 its process once its undo log has so many lines, or once it has ended."""
        return self._interrupted(
            experiment, signal.SIGKILL, lambda run_dir: len(_lines(run_dir / "undo.jsonl")) >= line
        )

    def disturbed_drill(
        self, activity: str, disturb: Callable[[], object], experiment: str, topology: Path | None = None
    ) -> Drill:
        """Run a drill to its end, and do something to the system once the named activity has begun."""
        return self._when(experiment, topology, lambda run_dir: _has_begun(run_dir, activity), lambda _: disturb())

    def watched_drill(self, moments: Mapping[str, Callable[[], object]], experiment: str) -> Drill:
        """Run a drill to its end, and do something to the system as soon as each of the named activities has begun."""
        began = time.monotonic()
        with self._started(experiment) as (run_dir, process):
            for activity, do in moments.items():
                self._await(process, began, partial(_has_begun, run_dir, activity))
                do()
            return self._ended(process, run_dir, began)

    def _interrupted(self, experiment: str, number: signal.Signals, due: Callable[[Path], bool]) -> Drill:
        return self._when(experiment, None, due, lambda process: process.send_signal(number))

    def _when(
        self,
        experiment: str,
        topology: Path | None,
        due: Callable[[Path], bool],
        do: Callable[[subprocess.Popen[str]], object],
    ) -> Drill:
        began = time.monotonic()
        with self._started(experiment, topology) as (run_dir, process):
            self._await(process, began, lambda: due(run_dir))
            do(process)
            return self._ended(process, run_dir, began)

    def _await(self, process: subprocess.Popen[str], began: float, due: Callable[[], bool]) -> None:
        while not due() and process.poll() is None and time.monotonic() - began < PATIENCE_S:
            time.sleep(POLL_S)

    @contextmanager
    def _started(self, experiment: str, topology: Path | None = None) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
        """Yield a drill under way. It does not outlive the block: interrupted, it puts things right."""
        self._runs += 1
        run_dir = self.folder / "reports" / f"{self.lab}-{self._runs}"
        target = ["--lab", self.lab] if topology is None else ["--topology", str(topology)]
        process = subprocess.Popen(
            [sys.executable, "-m", "blackstart.cli", "run", experiment, *target, "--out", str(run_dir)],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield run_dir, process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=PATIENCE_S)

    def _ended(self, process: subprocess.Popen[str], run_dir: Path, began: float) -> Drill:
        try:
            output, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        seconds = time.monotonic() - began
        path = run_dir / "verdict.json"
        verdict = json.loads(path.read_text()) if path.exists() else None
        return Drill(process.returncode, verdict, run_dir, seconds, output)

    @property
    def _home(self) -> Path:
        return self.folder / "home"

    def _environment(self) -> dict[str, str]:
        own = {"BLACKSTART_HOME": str(self._home), "BLACKSTART_LAB_LOGS": str(self.folder / "ended-labs")}
        return {"PATH": os.environ["PATH"]} | own


def _has_begun(run_dir: Path, activity: str) -> bool:
    return any(activity in (event.get("name"), event.get("text")) for event in _lines(run_dir / "events.jsonl"))


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
