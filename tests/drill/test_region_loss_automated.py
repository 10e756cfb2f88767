"""Nobody at the runbook: the lab's own alarms and controller recover, and the drill measures and goes back."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from benchmarks.driver import Drill, Driver
from blackstart.lab import door
from tests.drill.conftest import impatient

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]

NAME = "region-loss-automated"
ARMED = "eu-central-1/shop-primary-entry"


@pytest.fixture(scope="module")
def drill(driver: Driver) -> Drill:
    before = driver.configuration()
    ended = driver.drill(NAME)
    assert driver.configuration() == before
    return ended


@pytest.fixture(scope="module")
def verdict(drill: Drill) -> dict[str, Any]:
    assert drill.verdict is not None, drill.output
    return drill.verdict


def test_the_system_recovers_by_itself(drill: Drill, verdict: dict[str, Any]) -> None:
    assert drill.exit_code == 0, drill.output + drill.reasons
    assert verdict["outcome"] == "met"
    assert verdict["failover"] == "automated"
    assert verdict["restoration"] == {"state": "restored", "remaining": []}
    assert verdict["stores"]["orders-after-failback"]["lost"] == 0


def test_the_phases_are_the_automations_own(verdict: dict[str, Any]) -> None:
    at = {phase["name"]: phase["at"]["point_s"] for phase in verdict["phases"] if phase["at"]}
    assert at["fault_injected"] < at["detected"] <= at["decided"] < at["promoted"] < at["recovered"]
    assert at["decided"] < at["capacity"]
    assert "declared" not in at, "nobody stood at the runbook"


def test_what_the_automation_moved_is_proved_and_undone(verdict: dict[str, Any]) -> None:
    moved = [step for step in verdict["steps"] if step["action"].endswith("expect_failover")]
    assert len(moved) == 4
    assert all(step["bit"] and step["undone"] for step in moved)


def test_the_phases_contain_the_truth_that_the_lab_knows(driver: Driver, verdict: dict[str, Any]) -> None:
    zero = verdict["clock"]["monotonic_zero_ns"]
    phases = {phase["name"]: phase["at"] for phase in verdict["phases"]}
    truth = [((entry["t"] - zero) / 1e9, entry) for entry in driver.status()["truth"]]
    raised = [
        t for t, it in truth if it["what"] == "alarm" and it["state"] == "ALARM" and it["alarm"].endswith("entry")
    ]
    started = [t for t, it in truth if it["what"] == "controller" and it["doing"].startswith("started")]
    # The state's timestamp is taken within the change itself, whose instant the lab notes a moment later.
    assert any(phases["detected"]["earliest_s"] <= t <= phases["detected"]["latest_s"] + 0.1 for t in raised)
    assert any(abs(t - phases["decided"]["point_s"]) < 1 for t in started)


def test_an_order_of_steps_that_can_be_undone(drill: Drill) -> None:
    """What the automation will move is on disk before it is armed, and it is armed before the fault."""
    lines = [json.loads(line) for line in (drill.run_dir / "undo.jsonl").read_text().splitlines()]
    intended = [line["action"].rpartition(".")[2] for line in lines if line["event"] == "intended"]
    first = {name: intended.index(name) for name in intended}
    assert first["expect_failover"] < first["enable_failover_automation"] < first["start_fault_injection"]
    assert first["disable_failover_automation"] < first["stop_fault_injection"] < first["switch_over_database"]


def test_a_controller_that_sleeps(driver: Driver, tmp_path: Any) -> None:
    with asleep(driver):
        drill = driver.drill(NAME, impatient(driver, tmp_path))
    assert drill.exit_code in (1, 3), drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] in ("missed", "inconclusive")
    assert drill.verdict["restoration"]["state"] == "restored"
    assert "asleep for 3600 s" in drill.reasons
    phases = {phase["name"] for phase in drill.verdict["phases"] if phase["at"]}
    assert {"detected", "decided"} <= phases
    assert "promoted" not in phases


@pytest.mark.parametrize("phase", ["arm the failover automation", "an alarm is raised"])
def test_ctrl_c_before_the_automated_promotion_restores(driver: Driver, phase: str) -> None:
    drill = driver.interrupted_drill(phase, signal.SIGINT, NAME)
    assert drill.exit_code == 5, drill.output
    assert drill.verdict is not None
    assert drill.verdict["restoration"]["state"] == "restored"


def test_ctrl_c_after_the_automated_promotion_holds_until_the_failback(driver: Driver) -> None:
    drill = driver.interrupted_drill("soak in the standby", signal.SIGINT, NAME)
    assert drill.exit_code == 7, drill.output
    configuration = driver.configuration()
    assert configuration["dials"] == {"eu-west-1": 0, "eu-central-1": 100}
    assert configuration["alarm_actions"][ARMED] is False
    assert driver.command("failback", str(drill.run_dir)).returncode == 0


def test_kill_while_the_automation_moves_the_system(driver: Driver) -> None:
    """Wherever the controller was, restore stills it first: then the system is back, or held until a failback."""
    drill = driver.interrupted_drill("the automation moves the system", signal.SIGKILL, NAME)
    assert drill.exit_code == -signal.SIGKILL
    restored = driver.command("restore", str(drill.run_dir))
    assert restored.returncode in (0, 7), restored.stdout + restored.stderr
    assert driver.configuration()["alarm_actions"][ARMED] is False
    if restored.returncode == 7:
        back = driver.command("failback", str(drill.run_dir))
        assert back.returncode == 0, back.stdout + back.stderr


def test_a_drill_that_does_not_expect_the_automation_is_refused_while_it_is_armed(driver: Driver) -> None:
    with armed(driver):
        drill = driver.drill("region-loss")
    assert drill.exit_code == 4, drill.output
    assert "shop-primary-entry are enabled" in drill.output


@contextmanager
def armed(driver: Driver) -> Iterator[None]:
    lab = door.running(driver.lab, driver.folder / "home")
    assert lab is not None
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    alarms = boto3.client("cloudwatch", region_name="eu-central-1", endpoint_url=lab.url, **keys)
    alarms.enable_alarm_actions(AlarmNames=["shop-primary-entry"])
    try:
        yield
    finally:
        alarms.disable_alarm_actions(AlarmNames=["shop-primary-entry"])


@contextmanager
def asleep(driver: Driver) -> Iterator[None]:
    lab = door.running(driver.lab, driver.folder / "home")
    assert lab is not None
    lab.ask("PUT", "/automation", {"delay_s": 3600})
    try:
        yield
    finally:
        lab.ask("PUT", "/automation", {"delay_s": 0})
