"""Drills of the database alone: how they fail as they should, and what they leave behind."""

import os
import signal
from pathlib import Path

import pytest

from benchmarks.driver import Driver
from tests.drill.conftest import impatient

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


def test_a_standby_that_cannot_be_promoted_is_never_met(driver: Driver, tmp_path: Path) -> None:
    standby = _standby_database(driver)
    try:
        drill = driver.disturbed_drill(
            "the standby's database follows",
            lambda: os.kill(standby, signal.SIGSTOP),
            "aurora-failover",
            impatient(driver, tmp_path),
        )
    finally:
        os.kill(standby, signal.SIGCONT)
    assert drill.verdict is not None, drill.output
    assert drill.exit_code not in (0, 2), drill.output
    assert "force the database over to the standby" in drill.reasons
    assert _put_right(driver, drill.run_dir) == 0


@pytest.mark.parametrize("experiment", ["aurora-failover", "aurora-switchover"])
def test_ctrl_c_after_the_roles_have_changed_holds_until_the_failback(driver: Driver, experiment: str) -> None:
    drill = driver.interrupted_drill("point the private records at the standby", signal.SIGINT, experiment)
    assert drill.exit_code == 7, drill.output
    failed_back = driver.command("failback", str(drill.run_dir))
    assert failed_back.returncode == 0, failed_back.stdout + failed_back.stderr


def _standby_database(driver: Driver) -> int:
    """Return the process id of the standby region's PostgreSQL."""
    parts = [part for part in driver.status()["parts"] if part["group"] == "eu-central-1"]
    (database,) = [part for part in parts if "database" in part["name"] or "postgres" in part["name"]]
    return int(database["pid"])


def _put_right(driver: Driver, run_dir: Path) -> int:
    """Restore, and fail back where the restoration holds in the standby."""
    code = driver.command("restore", str(run_dir)).returncode
    return driver.command("failback", str(run_dir)).returncode if code == 7 else code
