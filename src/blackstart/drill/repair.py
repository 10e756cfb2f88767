"""What ``restore`` and ``failback`` do to a run that another process began."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from blackstart.drill.restoration import Note, Restoration, configuration_of, fail_back, restore
from blackstart.drill.run import Ended, conclude
from blackstart.events import event_log
from blackstart.outcome import UsageError
from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY, Setting, setting
from blackstart.safety import undo_log
from blackstart.safety.lock import only_drill

Repair = Callable[[Setting, dict[str, Any], Note], Restoration]


def restore_run(run_dir: Path, note: Note) -> tuple[Restoration, Ended]:
    """End the faults and revert, or complete the failover and hold; judge the run again."""
    return _repair(run_dir, note, restore)


def fail_back_run(run_dir: Path, note: Note) -> tuple[Restoration, Ended]:
    """Bring the system back to its primary; judge the run again."""
    return _repair(run_dir, note, fail_back)


def lab_of(run_dir: Path) -> str | None:
    """Return the name of the lab that the run started itself, if it did."""
    return undo_log.read_plan(run_dir / undo_log.FILE).lab


def _repair(run_dir: Path, note: Note, repair: Repair) -> tuple[Restoration, Ended]:
    plan = undo_log.read_plan(run_dir / undo_log.FILE)
    topology = Path(plan.topology)
    if not topology.exists():
        raise UsageError(f"topology {topology} of run {run_dir.name} is gone: bring the system (or its lab) up first")
    with only_drill(topology):
        here = setting({TOPOLOGY_KEY: str(topology), RUN_KEY: str(run_dir)})
        result = repair(here, configuration_of(str(topology), here), note)
        _record(run_dir, result)
    return result, conclude(run_dir)


def _record(run_dir: Path, result: Restoration) -> None:
    events = event_log(run_dir)
    text = (run_dir / "events.jsonl").read_text(encoding="utf-8") if (run_dir / "events.jsonl").exists() else ""
    if '"event": "restoration"' not in text:
        # Its own process never said how it ended: it was killed.
        events.record("interrupted", signal="SIGKILL", phase="unknown")
    events.record("restoration", state=result.state, remaining=list(result.remaining))
