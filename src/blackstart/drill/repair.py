"""What ``restore`` and ``failback`` do to a run that another process began."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.drill.aftermath import read_after_failback
from blackstart.drill.restoration import (
    Note,
    Restoration,
    configuration_of,
    fail_back,
    nothing_open,
    nothing_promoted,
    restore,
)
from blackstart.drill.run import conclude
from blackstart.drill.signals import Signals
from blackstart.events import event_log
from blackstart.outcome import UsageError
from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY, Setting, setting
from blackstart.safety import undo_log
from blackstart.safety.lock import only_drill

Repair = Callable[[Setting, dict[str, Any], Note, Signals], Restoration]


@dataclass(frozen=True)
class Repaired:
    """How a system stands after a repair; ``lab`` names the lab that the run had started, if something was put back."""

    restoration: Restoration
    lab: str | None


def restore_run(run_dir: Path, note: Note) -> Repaired:
    """End the faults and revert, or complete the failover and hold; judge the run again."""
    return _repair(run_dir, note, lambda here, configuration, note, _: restore(here, configuration, note))


def fail_back_run(run_dir: Path, note: Note) -> Repaired:
    """Bring the system back to its primary; judge the run again. A signal stops it until roles begin to change."""
    return _repair(
        run_dir,
        note,
        lambda here, configuration, note, signals: fail_back(
            here, configuration, note, lambda: signals.received is not None
        ),
    )


def _repair(run_dir: Path, note: Note, repair: Repair) -> Repaired:
    plan = undo_log.read_plan(run_dir / undo_log.FILE)
    path = Path(plan.topology)
    if not path.exists() and nothing_open(run_dir):
        return Repaired(Restoration("restored"), None)
    signals = Signals()
    with signals.installed(), only_drill(path):
        if nothing_open(run_dir):
            return Repaired(Restoration("restored"), None)
        signals.defer()
        here = setting({TOPOLOGY_KEY: str(path), RUN_KEY: str(run_dir)})
        _check_same_system(run_dir, here)
        configuration = configuration_of(str(path), here)
        failing_back = not nothing_promoted(run_dir)
        result = repair(here, configuration, note, signals)
        if failing_back and result.state == "restored":
            note("read the orders back from the primary")
            read_after_failback(here, configuration, event_log(run_dir))
        _record(run_dir, result)
        conclude(run_dir)
    return Repaired(result, plan.lab)


def _check_same_system(run_dir: Path, here: Setting) -> None:
    """Refuse to put back onto another system what was done to one that is gone."""
    try:
        then = json.loads((run_dir / "topology.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"topology.json of run {run_dir.name} cannot be read ({error}): bring it back") from error
    now = here.topology.model_dump(mode="json")
    # What is demanded of a system is no part of it.
    fields = (then.keys() | now.keys()) - {"objectives"}
    changed = sorted(field for field in fields if then.get(field) != now.get(field))
    if changed:
        raise UsageError(
            f"run {run_dir.name} was on another system than {now['name']!r} is now ({', '.join(changed)} differ; a lab "
            "that was started anew is another one): nothing was changed"
        )


def _record(run_dir: Path, result: Restoration) -> None:
    events = event_log(run_dir)
    path = run_dir / "events.jsonl"
    if not path.exists() or '"event": "restoration"' not in path.read_text(encoding="utf-8"):
        # Its own process never said how it ended: it was killed.
        events.record("interrupted", signal="SIGKILL", phase="unknown")
    events.record("restoration", state=result.state, remaining=list(result.remaining))
