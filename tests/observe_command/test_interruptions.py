"""An observation that is interrupted, orphaned, or loses its observer."""

import contextlib
import json
import signal
import subprocess
import time

import psutil
import pytest

from .conftest import COMMAND, environment, observing, probed, until


def test_an_interruption_before_it_observes_leaves_nothing(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        until((tmp_path / "o/observer.log").exists, "the folder")
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it already observed when the signal came")
    assert process.returncode == 5
    assert complaint.splitlines() == ["blackstart: interrupted before anything was changed; nothing is left running"]
    assert not (tmp_path / "o").exists()


def test_an_interruption_of_the_end_changes_nothing(server, tmp_path):
    with observing(server.url, "--duration-s", 0.5, "--out", "o", cwd=tmp_path) as process:
        while process.poll() is None:
            if (tmp_path / "o/observer.json").exists():
                process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        said, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (0, "")
    assert "no outage was seen" in said
    assert (tmp_path / "o/outages.json").exists()


def test_an_observer_that_dies_is_inconclusive(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        probed(server, 30)
        (observer,) = psutil.Process(process.pid).children()
        observer.kill()
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "killed by SIGKILL" in complaint
    assert json.loads((tmp_path / "o/observation.json").read_text())["state"] == "inconclusive"


def test_the_observer_outlives_its_starter_and_its_record_can_be_judged(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        probed(server, 30)
        (observer,) = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
    try:
        probed(server, 30)
        assert observer.is_running()
        observer.terminate()
        until(lambda: not observer.is_running() or observer.status() == psutil.STATUS_ZOMBIE, "its end")
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            observer.kill()
    judged = subprocess.run(
        [*COMMAND, "judge", "o", "--json"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["state"] == "complete"
