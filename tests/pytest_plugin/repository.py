"""A team's own repository, as the plugin's tests play it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PATIENCE_S = 150
POLL_S = 0.05
STEADY = {"type": "python", "module": "blackstart.probes.recovery", "func": "service_steady"}


@dataclass
class Repository:
    """A team's own repository: tests and experiments in a folder, and pytest run there as a person would."""

    folder: Path
    home: Path
    output: str = field(default="", init=False)

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start pytest; the plugin comes by blackstart's entry point alone."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "BLACKSTART_HOME": str(self.home), "COLUMNS": "140"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A shell that runs us in the background ignores Ctrl-C, and its children would.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
        )

    def pytest(self, *arguments: str) -> int:
        """Run pytest to its end and return its exit code."""
        return self.ended(self.start(*arguments))

    def ended(self, process: subprocess.Popen[str]) -> int:
        try:
            self.output, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode

    def await_activity(self, process: subprocess.Popen[str], name: str) -> None:
        """Return once a drill's activity has begun, or the process has ended."""
        events = "reports/*/events.jsonl"
        self.await_(process, lambda: any(name in path.read_text() for path in self.folder.glob(events)))

    def await_(self, process: subprocess.Popen[str], due: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not due() and process.poll() is None and time.monotonic() < until:
            time.sleep(POLL_S)

    @property
    def runs(self) -> list[Path]:
        return sorted(path.parent for path in self.folder.glob("reports/*/run.json"))


def dials_drill(steady_s: float) -> str:
    """Return a short experiment without any fault: it turns a dial down, waits, and turns it back.

    It can be interrupted while it waits; left alone it is inconclusive, since nothing was proved to bite.
    """
    content: dict[str, Any] = {
        "version": "1.0.0",
        "title": "A dial is turned down and back",
        "description": "short",
        "extensions": [
            {
                "name": "blackstart",
                "objectives": {"rto_s": 30, "rpo_s": 5, "stabilisation_s": 0.5},
                "instruments": {
                    "canaries": [{"name": "accelerator", "at": "accelerator", "rests_on": True}],
                    "ledgers": [{"name": "orders", "rests_on": True}],
                },
            }
        ],
        "steady-state-hypothesis": {
            "title": "served",
            "probes": [
                {
                    "name": "the service is steady",
                    "type": "probe",
                    "tolerance": True,
                    "provider": {**STEADY, "arguments": {"seconds": 0.5}},
                }
            ],
        },
        "method": [
            {
                "name": "turn the primary's dial down",
                "type": "action",
                "provider": {
                    "type": "python",
                    "module": "blackstart.actions.traffic_dials",
                    "func": "turn_dials",
                    "arguments": {"dials": {"primary": 90}},
                },
            },
            {"name": "wait", "type": "probe", "provider": {**STEADY, "arguments": {"seconds": steady_s}}},
        ],
        "rollbacks": [],
    }
    return yaml.safe_dump(content, sort_keys=False)
