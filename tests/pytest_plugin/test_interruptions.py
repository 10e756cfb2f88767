"""Stopped in mid-drill, by whatever: everything is put right, nothing more is run, and the exit code tells."""

import os
import signal

import pytest

from benchmarks.driver import Driver
from tests.pytest_plugin.repository import Repository, dials_drill

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300)]

INTERRUPTED, HOLDING = 2, 7
TESTS = """
import pathlib
import pytest

@pytest.mark.drill("short.yaml")
def test_first(drill):
    drill.run().met()

@pytest.mark.drill("short.yaml")
def test_second(drill):
    pathlib.Path("second").touch()
    drill.run().met()

def test_third():
    pathlib.Path("third").touch()
"""


@pytest.fixture
def interruptible(with_lab: Repository) -> Repository:
    with_lab.write("short.yaml", dials_drill(60))
    with_lab.write("test_own.py", TESTS)
    return with_lab


def check_nothing_more_was_run(repository: Repository) -> None:
    assert len(repository.runs) == 1
    assert not (repository.folder / "second").exists()
    assert not (repository.folder / "third").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal(interruptible: Repository, number: signal.Signals) -> None:
    process = interruptible.start()
    interruptible.await_activity(process, '"name": "wait"')
    process.send_signal(number)
    assert interruptible.ended(process) == INTERRUPTED, interruptible.output
    assert f"drill interrupted by {number.name}: putting things right" in interruptible.output
    assert f"short was interrupted by {number.name}; everything is as it was before the drill" in interruptible.output
    check_nothing_more_was_run(interruptible)


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_time_limit(interruptible: Repository, method: str) -> None:
    """The limit's own signal is sent while the drill waits; seconds would depend on the machine's load.

    The thread method would end the process with nothing put right, and knows no such signal.
    """
    process = interruptible.start("--timeout", "200", "--timeout-method", method)
    interruptible.await_activity(process, '"name": "wait"')
    process.send_signal(signal.SIGALRM)
    assert interruptible.ended(process) == INTERRUPTED, interruptible.output
    assert "short was interrupted by its time limit; everything is as it was" in interruptible.output
    check_nothing_more_was_run(interruptible)


def test_after_the_promotion_it_holds_and_says_what_to_do(driver: Driver, with_lab: Repository) -> None:
    with_lab.write("test_own.py", TESTS.replace("short.yaml", "region-loss"))
    process = with_lab.start()
    with_lab.await_activity(process, '"name": "scale the standby up"')
    process.send_signal(signal.SIGINT)
    assert with_lab.ended(process) == HOLDING, with_lab.output
    (run,) = with_lab.runs
    assert f"run `blackstart failback {run}`" in with_lab.output
    check_nothing_more_was_run(with_lab)
    assert driver.command("failback", str(run)).returncode == 0


def test_under_xdist_a_signal_to_the_session_reaches_the_drill(interruptible: Repository) -> None:
    interruptible.write("test_own.py", TESTS.split("def test_third", maxsplit=1)[0])
    process = interruptible.start("-n", "2")
    interruptible.await_activity(process, '"name": "wait"')
    os.kill(process.pid, signal.SIGINT)
    assert interruptible.ended(process) == INTERRUPTED, interruptible.output
    assert len(interruptible.runs) == 1
    assert '"state": "restored"' in (interruptible.runs[0] / "verdict.json").read_text()
