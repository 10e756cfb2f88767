import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blackstart.lab import door

pytestmark = pytest.mark.lab

STARTER = """
import pathlib, sys
from benchmarks.leash import leashed
from blackstart.lab import door
from blackstart.lab.specification import Specification
home = pathlib.Path(sys.argv[1])
with leashed(home):
    door.up(Specification(name="leashed", pods=1), home=home)
    print("up", flush=True)
    sys.stdin.read()
"""


def until(condition, what, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"no sign of {what}"
        time.sleep(0.05)


def test_a_lab_goes_when_its_starter_is_killed(tmp_path):
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as starter:
        try:
            assert starter.stdout.readline() == b"up\n"
            lab = door.running("leashed", tmp_path)
            assert lab is not None
            starter.kill()
            until(lambda: not lab.folder.exists(), "the lab's end")
            until(lambda: not lab.record.lives(), "its keepers' end")
        finally:
            with contextlib.suppress(OSError):
                starter.kill()
            door.down("leashed", tmp_path)
