"""A run's folder: where a new one is, and how an old one is found. Loads little: every command asks for one."""

import json
from datetime import UTC
from pathlib import Path

from blackstart import events
from blackstart.clock import Clock
from blackstart.outcome import UsageError
from blackstart.safety import undo_log
from blackstart.safety.lock import only_drill

REPORTS = Path("reports")


def check(out: Path | None) -> None:
    """Raise ``UsageError`` when the folder asked for is there and not empty: a record is never overwritten."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out} is not an empty folder: give a new one, a run's record is never overwritten")


def choose(name: str, out: Path | None, clock: Clock, reports: Path = REPORTS) -> Path:
    """Return the folder of a new run of an experiment, which is not made yet: ``out``, or one below ``reports``.

    Raises ``UsageError`` when the one asked for is full.
    """
    check(out)
    if out is not None:
        return out.resolve()
    began = f"{clock.wall().astimezone(UTC):%Y%m%dT%H%M%SZ}-{name}"
    number, folder = 1, reports / began
    while folder.exists():
        number += 1
        folder = reports / f"{began}-{number}"
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
