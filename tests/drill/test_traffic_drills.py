"""Drills of the load balancer and the accelerator: how they fail as they should, and what they leave behind."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.driver import Driver
from blackstart import topology
from blackstart.platform import accelerator
from tests.drill.conftest import impatient

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


@contextmanager
def dials_held(driver: Driver) -> Iterator[None]:
    """Turn the dials back whenever somebody turns them, as a pipeline does that owns them."""
    system = topology.load(Path(driver.status()["urls"]["topology"]))
    wanted = {region: group.dial for region, group in accelerator.groups(system).items()}
    ended = threading.Event()

    def hold() -> None:
        while not ended.wait(0.02):
            for region, group in accelerator.groups(system).items():
                if group.dial != wanted[region]:
                    accelerator.set_dial(system, group.arn, wanted[region])

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        yield
    finally:
        ended.set()
        holder.join()


def test_a_dial_that_does_not_move_is_never_met(driver: Driver, tmp_path: Path) -> None:
    with dials_held(driver):
        drill = driver.drill("alb-blocked", impatient(driver, tmp_path))
    assert drill.verdict is not None, drill.output
    assert drill.exit_code in (1, 3), drill.output
    assert "turn the traffic dials to the standby" in drill.reasons
    assert "dials are" in drill.reasons
    assert drill.verdict["restoration"]["state"] == "restored"


def test_ctrl_c_while_clients_hang_puts_the_ingress_back(driver: Driver) -> None:
    drill = driver.interrupted_drill("declare the disaster", signal.SIGINT, "alb-blocked")
    assert drill.exit_code == 5, drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] == "aborted"


@pytest.mark.parametrize("experiment", ["alb-blocked", "targets-blocked"])
def test_after_kill_9_the_undo_log_alone_puts_the_rules_back(driver: Driver, experiment: str) -> None:
    intended_and_acted = {"alb-blocked": 3, "targets-blocked": 6}[experiment]
    drill = driver.killed_drill(intended_and_acted, experiment)
    assert drill.exit_code == -signal.SIGKILL, drill.output
    restored = driver.command("restore", str(drill.run_dir))
    assert restored.returncode == 0, restored.stdout + restored.stderr
