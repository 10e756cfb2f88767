"""Ctrl-C and kill -9 in mid-drill: restored, or holding in the standby until the failback.

``make interruptions`` does the same in every phase, and leaves docs/interruptions.md.
"""

import signal

import pytest

from benchmarks.driver import Driver

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


def test_ctrl_c_before_the_promotion_restores(driver: Driver) -> None:
    drill = driver.interrupted_drill("declare the disaster", signal.SIGINT)
    assert drill.exit_code == 5, drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] == "aborted"
    assert drill.verdict["restoration"]["state"] == "restored"


@pytest.mark.proof
def test_ctrl_c_after_the_promotion_holds_until_the_failback(driver: Driver) -> None:
    drill = driver.interrupted_drill("scale the standby up", signal.SIGINT)
    assert drill.exit_code == 7, drill.output
    assert drill.verdict is not None
    assert drill.verdict["restoration"]["state"] == "holding"
    configuration = driver.configuration()
    assert configuration["dials"] == {"eu-west-1": 0.0, "eu-central-1": 100.0}
    assert configuration["fis_experiments"] == []

    assert driver.command("failback", str(drill.run_dir)).returncode == 0


def test_kill_before_the_promotion_and_restore(driver: Driver) -> None:
    drill = driver.interrupted_drill("declare the disaster", signal.SIGKILL)
    assert drill.exit_code == -signal.SIGKILL
    restored = driver.command("restore", str(drill.run_dir))
    assert restored.returncode == 0, restored.stdout + restored.stderr


@pytest.mark.proof
def test_kill_after_the_promotion_then_restore_and_failback(driver: Driver) -> None:
    drill = driver.interrupted_drill("scale the standby up", signal.SIGKILL)
    held = driver.command("restore", str(drill.run_dir))
    assert held.returncode == 7, held.stdout + held.stderr
    back = driver.command("failback", str(drill.run_dir))
    assert back.returncode == 0, back.stdout + back.stderr
    again = driver.command("failback", str(drill.run_dir))
    assert again.returncode == 0, "everything was back already"
