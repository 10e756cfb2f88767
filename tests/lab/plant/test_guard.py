import os
import signal

import pytest

from blackstart.lab import descent, incarnation
from blackstart.lab.plant.guard import Guard


@pytest.fixture
def guard(tmp_path):
    """Somebody who holds a janitor, and lets go of it after the test."""
    state = tmp_path / "lab"
    (state / "logs").mkdir(parents=True)
    incarnation.write(state, "0123456789abcdef")
    guard = Guard(state)
    yield guard
    os.close(guard._pipe)
    os.waitpid(guard.janitor.pid, 0)


def test_a_janitor_that_was_killed_is_replaced(guard):
    first = guard.janitor
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert guard.renewed()
    assert guard.janitor != first
    assert guard.janitor.lives()
    assert not guard.renewed()


def test_who_cannot_look_keeps_the_janitor_that_it_has(guard, monkeypatch):
    """As without a free descriptor: nobody's state can be read, and a janitor that is let go of ends the lab."""
    first, pipe = guard.janitor, guard._pipe
    with monkeypatch.context() as patch:
        patch.setattr(descent, "_row", lambda pid: None)
        assert not guard.renewed()
    assert (guard.janitor, guard._pipe) == (first, pipe)
    assert first.lives()
