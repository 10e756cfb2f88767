"""Where an activity finds itself: the topology, the run's folder and the clock.

Chaos Toolkit hands every activity the experiment's ``configuration``; the runner puts ``blackstart_topology`` and
``blackstart_run`` (paths) into it. Nothing else is shared between activities.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from blackstart import topology as topology_file
from blackstart.clock import Clock, SystemClock
from blackstart.outcome import UsageError
from blackstart.topology import Topology

TOPOLOGY_KEY = "blackstart_topology"
RUN_KEY = "blackstart_run"


@dataclass(frozen=True)
class Setting:
    """What an action or a probe works with."""

    topology: Topology
    run_dir: Path
    clock: Clock

    @property
    def mark(self) -> str:
        """What tells this run's orders and faults from every other's: unique, also where a folder's name recurs."""
        return _mark(self.run_dir)

    @property
    def began(self) -> datetime:
        """When the run began, by the time of day: what AWS dates can be later than that, or not of this run."""
        return datetime.fromisoformat(json.loads((self.run_dir / "run.json").read_text("utf-8"))["started_at"])

    @property
    def client_errors(self) -> tuple[type[Exception], ...]:
        """What the Kubernetes, HTTP and SQL clients raise."""
        return _client_errors()


def setting(configuration: dict[str, Any] | None) -> Setting:
    """Return the setting named by an experiment's configuration, or by ``BLACKSTART_TOPOLOGY`` and ``_RUN``."""
    given = configuration or {}
    topology = given.get(TOPOLOGY_KEY) or os.environ.get(TOPOLOGY_KEY.upper())
    run_dir = given.get(RUN_KEY) or os.environ.get(RUN_KEY.upper())
    if not topology or not run_dir:
        raise UsageError(
            f"no system to act on: set {TOPOLOGY_KEY} and {RUN_KEY} in the experiment's configuration, "
            "or start the drill with `blackstart run`"
        )
    return _setting(Path(topology), Path(run_dir))


@cache
def _setting(topology: Path, run_dir: Path) -> Setting:
    return Setting(topology_file.load(topology), run_dir, SystemClock())


@cache
def _mark(run_dir: Path) -> str:
    try:
        return str(json.loads((run_dir / "run.json").read_text(encoding="utf-8"))["mark"])
    except FileNotFoundError:
        # An action that is called without a runner.
        return run_dir.name


@cache
def _client_errors() -> tuple[type[Exception], ...]:
    import psycopg  # noqa: PLC0415 - heavy; only drills need it
    import requests  # noqa: PLC0415 - heavy; only drills need it
    from kubernetes.client import ApiException  # noqa: PLC0415 - heavy; only drills need it
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with requests

    return (ApiException, HTTPError, requests.RequestException, psycopg.Error)
