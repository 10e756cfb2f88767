"""The janitor, from the supervisor's side: started before anything else, and again should it be killed."""

import os
import subprocess
import sys
from pathlib import Path

from blackstart.lab import incarnation
from blackstart.lab.descent import MARK, Identity


class Guard:
    """Whoever holds this has a janitor that acts when the holder is gone."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._pipe, self.janitor = _start(state)

    def renewed(self) -> bool:
        """Start another janitor if the last one is gone; return whether that was so."""
        # Who does not even see itself (no descriptor is left) cannot tell: to let go of the pipe would end the lab.
        if self.janitor.lives() or Identity.of(os.getpid()) is None:
            return False
        os.close(self._pipe)
        self._pipe, self.janitor = _start(self._state)
        return True


def _start(state: Path) -> tuple[int, Identity]:
    """Start a janitor. It holds one end of a pipe; the other end is ours alone and closes when we die."""
    reading, writing = os.pipe()
    # Without site-packages: the janitor needs nothing but the standard library, and stays small.
    argv = [sys.executable, "-S", "-m", "blackstart.lab.plant.janitor", str(state)]
    environment = {key: value for key, value in os.environ.items() if key not in {MARK, incarnation.MARK}}
    with (state / "logs/janitor.log").open("ab") as log:
        process = subprocess.Popen(
            argv, stdin=reading, stdout=log, stderr=log, cwd="/", env=environment, start_new_session=True
        )
    os.close(reading)
    os.set_inheritable(writing, False)
    identity = Identity.of(process.pid)
    assert identity is not None, "the janitor ended at once: see logs/janitor.log"
    # The janitor outlives us; nobody here waits for it.
    process.returncode = 0
    return writing, identity
