"""The end of a lab, as whoever is outside of it brings it about and waits for it."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from blackstart.clock import Clock
from blackstart.lab.descent import Identity
from blackstart.lab.plant import janitor
from blackstart.lab.record import Keepers

PATIENCE_S = 15.0
REAPING_PATIENCE_S = 2.0
POLL_S = 0.02


def end(folder: Path, own: str | None, keepers: Keepers | None, clock: Clock, child: int | None = None) -> None:
    """Ask the supervisor to end, wait until it and its janitor are gone, and clear away what is left, if anything.

    ``own``: the lab's incarnation; one that comes up under the same name meanwhile is left alone. ``child``: the
    supervisor's pid, where this very process started it.
    """
    supervisor, watching = (keepers.supervisor, keepers.janitor) if keepers else (None, None)
    supervisor = supervisor or (Identity.of(child) if child is not None else None)
    waited_for = [identity for identity in (supervisor, watching) if identity is not None]
    _signal(supervisor, signal.SIGTERM)
    _wait(clock, PATIENCE_S, child, lambda: any(keeper.lives() for keeper in waited_for))
    _signal(supervisor, signal.SIGKILL)
    # Whoever inherits the dead may take a moment to see them off.
    _wait(clock, REAPING_PATIENCE_S, child, lambda: any(keeper.remains() for keeper in waited_for))
    janitor.sweep(folder, own)


def _signal(identity: Identity | None, number: int) -> None:
    if identity is not None and identity.lives():
        with suppress(ProcessLookupError):
            os.kill(identity.pid, number)


def _wait(clock: Clock, patience_s: float, child: int | None, condition: Callable[[], bool]) -> None:
    """Wait while the condition holds. A child's end is collected here."""
    deadline = clock.now_ns() + int(patience_s * 1e9)
    while condition() and clock.now_ns() < deadline:
        clock.sleep(POLL_S)
        if child is not None:
            with suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)
