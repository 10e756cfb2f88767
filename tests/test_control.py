import json
from pathlib import Path
from typing import Any

import pytest
from chaoslib.exceptions import InterruptExecution

from blackstart import control
from blackstart.clock import VirtualClock
from blackstart.safety import undo_log
from blackstart.safety.undo_log import Call, Intent, UndoLog

FAILED = {
    "status": "failed",
    "exception": ["Traceback\n", "chaoslib.exceptions.ActivityFailed: ActivityFailed: gone\n"],
}
FAULT = Intent(Call("blackstart.actions.x.y", {}), "region", "region", "revertible", "fault", "fault", {}, None)


def after(run_dir: Path, kind: str, run: dict[str, Any], section: str = "method") -> None:
    configuration = {"blackstart_run": str(run_dir)}
    begin = {"method": control.before_method_control, "rollbacks": control.before_rollback_control}[section]
    begin({}, configuration=configuration)
    control.after_activity_control({"name": "step", "type": kind}, run, configuration=configuration)


def events(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]


def test_a_failed_action_stops_the_drill_and_its_reason_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(InterruptExecution, match="step failed: gone"):
        after(tmp_path, "action", FAILED)
    assert events(tmp_path)[-1]["error"] == "gone"
    assert events(tmp_path)[-1]["status"] == "failed"


def test_a_failed_reading_stops_the_drill_before_the_fault(tmp_path: Path) -> None:
    with pytest.raises(InterruptExecution):
        after(tmp_path, "probe", FAILED)


def test_a_failed_reading_is_evidence_after_the_fault(tmp_path: Path) -> None:
    UndoLog(tmp_path / undo_log.FILE, VirtualClock()).intend(FAULT)
    after(tmp_path, "probe", FAILED)
    assert events(tmp_path)[-1]["status"] == "failed"


def test_a_failed_rollback_stops_no_other_rollback(tmp_path: Path) -> None:
    after(tmp_path, "action", FAILED, section="rollbacks")
    assert events(tmp_path)[-1]["section"] == "rollbacks"


def test_a_phase_that_an_action_reports_is_recorded(tmp_path: Path) -> None:
    phase = {"name": "promoted", "earliest": 1, "at": 2, "latest": 3, "source": "SQL"}
    after(tmp_path, "action", {"status": "succeeded", "output": {"phase": phase}})
    assert events(tmp_path)[-1] == {**phase, "event": "phase", "t": events(tmp_path)[-1]["t"]}


def test_a_phase_that_was_told_by_a_wall_clock_is_recorded_as_such(tmp_path: Path) -> None:
    phase = {"name": "detected", "earliest": 1, "at": 2, "latest": 3, "source": "alarm", "clock": "wall"}
    after(tmp_path, "probe", {"status": "succeeded", "output": {"phase": phase}})
    assert events(tmp_path)[-1]["clock"] == "wall"


def test_a_phase_cannot_overwrite_what_an_event_is(tmp_path: Path) -> None:
    phase = {"name": "promoted", "event": "started", "t": 0}
    after(tmp_path, "action", {"status": "succeeded", "output": {"phase": phase}})
    assert events(tmp_path)[-1]["event"] == "phase"


def test_a_drill_that_cannot_be_recorded_stops(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").mkdir()
    with pytest.raises(InterruptExecution, match="could not be recorded"):
        after(tmp_path, "action", {"status": "succeeded"})


def test_a_steady_state_that_is_not_met_says_what_was_not(tmp_path: Path) -> None:
    probe = {"activity": {"name": "steady"}, "tolerance_met": False, "output": 3}
    state = {"steady_state_met": False, "probes": [probe]}
    control.before_experiment_control({}, configuration={})
    control.after_hypothesis_control({}, state, configuration={"blackstart_run": str(tmp_path)})
    assert events(tmp_path)[-1] == {
        "t": events(tmp_path)[-1]["t"],
        "event": "steady_state",
        "when": "before",
        "met": False,
        "reason": "steady: 3",
    }
