"""``blackstart observe`` as its users meet it, against real servers on loopback: what all of these tests do with it."""

import contextlib
import os
import subprocess
import sys
import time

import pytest

from tests.observer.conftest import ScriptedServer

COMMAND = [sys.executable, "-m", "blackstart.cli"]


@pytest.fixture
def server():
    server = ScriptedServer()
    yield server
    server.close()


def environment(**more):
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more}


def observe(*arguments, cwd, **options):
    return subprocess.run(
        [*COMMAND, "observe", *map(str, arguments)],
        cwd=cwd, env=environment(PYTHONDONTWRITEBYTECODE="1"), capture_output=True, text=True, timeout=150,
        check=False, **options,
    )  # fmt: skip


@contextlib.contextmanager
def observing(*arguments, cwd):
    """Start an observation; leave with it ended."""
    command = [*COMMAND, "observe", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def judge(folder, cwd, **options):
    return subprocess.run(
        [*COMMAND, "judge", str(folder)],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=150, check=False, **options,
    )  # fmt: skip


def until(condition, what, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for: {what}"
        time.sleep(0.02)


def probed(server, count):
    """Wait until so many more probes have come."""
    wanted = len(server.requests) + count
    until(lambda: len(server.requests) >= wanted, f"{count} probes")
