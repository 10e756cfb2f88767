"""The start of a lab, as whoever wants it brings it about: its supervisor, until that says "ready"."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from blackstart.clock import Clock
from blackstart.lab import incarnation
from blackstart.lab import record as records
from blackstart.lab.descent import MARK
from blackstart.lab.plant import ending
from blackstart.lab.plant.ports import Claim
from blackstart.lab.record import Record
from blackstart.outcome import UsageError

Progress = Callable[[str], None]


class LabStartError(UsageError):
    """The lab did not come up: the message names the part and its log's last words. Nothing was left behind."""


def launch(folder: Path, record: Record, claim: Claim, clock: Clock, progress: Progress | None) -> Record:
    """Start the supervisor, which takes over the block's claim; return the lab's record.

    Raises ``LabStartError``; then, as after any interruption, nothing is left.
    """
    supervisor: subprocess.Popen[str] | None = None
    try:
        supervisor = _spawn(folder, record, claim)
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        with supervisor.stdin, supervisor.stdout:
            _wait_until_ready(folder, supervisor.stdout, progress)
    except BaseException:
        keepers = records.keepers(folder) or record.keepers
        child = supervisor.pid if supervisor is not None else None
        ending.end(folder, record.incarnation, keepers, clock, child)
        raise
    finally:
        # From here on the lab is known by its record: nobody waits for this child.
        if supervisor is not None:
            supervisor.returncode = 0
    came_up = records.read(folder)
    if came_up is None or not came_up.lives():
        raise LabStartError(f"lab {folder.name!r} came up and ended at once")
    return came_up


def _spawn(folder: Path, record: Record, claim: Claim) -> subprocess.Popen[str]:
    log = folder / "logs/supervisor.log"
    log.parent.mkdir(exist_ok=True)
    handles = claim.handles
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "blackstart.lab.plant.supervisor", str(folder), *map(str, handles)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            pass_fds=handles,
            cwd=folder,
            start_new_session=True,
            env=_environment(folder, record),
        )


def _environment(folder: Path, record: Record) -> dict[str, str]:
    marks = {MARK: str(folder), incarnation.MARK: record.incarnation}
    environment = os.environ | {"PYTHONPATH": _search_path()} | marks
    # A lab starts a dozen interpreters: without cached bytecode each compiles all its libraries, for seconds.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _search_path() -> str:
    """Return PYTHONPATH with the folder this package is in: a checkout need not be installed to run its lab."""
    source = str(Path(__file__).parents[3])
    return os.pathsep.join(dict.fromkeys([source, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]))


def _wait_until_ready(folder: Path, stdout: IO[str], progress: Progress | None) -> None:
    """Read what the supervisor tells, until it is ready. Raises ``LabStartError``."""
    for line in stdout:
        told = json.loads(line)
        if "ready" in told:
            return
        if "failed" in told:
            raise LabStartError(f"lab {folder.name!r} did not start: {told['failed']}")
        if progress is not None:
            progress(told["part"])
    raise LabStartError(f"lab {folder.name!r} did not start: its supervisor ended; {_last_words(folder)}")


def _last_words(folder: Path) -> str:
    try:
        lines = (folder / "logs/supervisor.log").read_text().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "its log is empty"
