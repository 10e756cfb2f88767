"""What cleans up after a lab however its supervisor ended: processes, shared memory, the lab's folder.

The janitor process waits at the end of a pipe that only the supervisor holds. Children die of their death signal;
the janitor ends what is left: the pids that the supervisor wrote down (with their start times, so that a reused pid
is spared) and every process that carries the mark of the lab's incarnation. The next lab of the same name is another
incarnation, and spared.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from blackstart.lab import incarnation
from blackstart.lab.descent import HAS_PROC, MARK, Identity, all_pids, descendants
from blackstart.lab.plant import memory_folder, sharedmemory

PATIENCE_S = 4.0
POLL_S = 0.02
LOGS = "BLACKSTART_LAB_LOGS"
"""Names a folder where the logs of labs that have ended are kept. Without it they go with the lab."""


def main() -> None:
    """Entry: ``python -m blackstart.lab.plant.janitor STATE``; returns when the lab has left nothing."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    state = Path(sys.argv[1])
    own = incarnation.read(state)
    while os.read(0, 1):
        pass
    with contextlib.suppress(OSError):  # a full disk keeps nothing from being swept
        os.write(2, b"the supervisor is gone\n")
    sweep(state, own)


def sweep(state: Path, own: str | None) -> None:
    """End every process of the lab's incarnation, remove its shared memory and its folder. Harmless when repeated.

    ``own``: None for a folder that names no incarnation, in whose stead the folder itself is taken.
    """
    started = _recorded(state) if own == incarnation.read(state) else []
    deadline = time.monotonic() + PATIENCE_S
    files: set[Path] = set()
    while (living := _living(_mark(state, own), started)) and time.monotonic() < deadline:
        # Stopped first: what they have mapped must not change between looking and killing.
        _signal(living, signal.SIGSTOP)
        files |= sharedmemory.mapped(identity.pid for identity in living)
        _signal(living, signal.SIGKILL)
        time.sleep(POLL_S)
    for file in files:
        file.unlink(missing_ok=True)
    _clear(state, own, started)


def _clear(state: Path, own: str | None, started: list[Identity]) -> None:
    """Remove what is in files and shared memory, unless the folder is another incarnation's by now."""
    if own is None:
        sharedmemory.remove(state, started)
        shutil.rmtree(state, ignore_errors=True)
        return
    # Renamed first: whoever looks sees the whole folder or none, and the name is free at one moment.
    gone = state.with_name(f".gone-{own}")
    with incarnation.held(state, own) as ours:
        if ours:
            sharedmemory.remove(state, started)
            state.rename(gone)
    _keep_logs(gone / "logs", f"{state.name}-{own}")
    shutil.rmtree(gone, ignore_errors=True)
    memory_folder.remove(own)


def _keep_logs(logs: Path, name: str) -> None:
    kept = os.environ.get(LOGS)
    if kept and logs.is_dir():
        with contextlib.suppress(OSError):
            shutil.copytree(logs, Path(kept) / name, dirs_exist_ok=True)


def _signal(identities: list[Identity], number: int) -> None:
    for identity in identities:
        with contextlib.suppress(OSError):
            os.kill(identity.pid, number)


def _recorded(state: Path) -> list[Identity]:
    """Return what the supervisor started, from the file that it writes."""
    try:
        lines = (state / "pids").read_text().splitlines()
    except OSError:
        return []
    rows = [line.split(maxsplit=2) for line in lines]
    return [Identity(int(row[0]), row[2]) for row in rows if len(row) == 3]


def _living(mark: str, started: list[Identity]) -> list[Identity]:
    living = [identity for identity in started if identity.lives()]
    pids = descendants(*(identity.pid for identity in living)) if living else []
    found = [identity for pid in [*pids, *_marked(mark)] if (identity := Identity.of(pid)) is not None]
    return [identity for identity in dict.fromkeys(found) if identity.pid != os.getpid()]


def _mark(state: Path, own: str | None) -> str:
    return f"{MARK}={state}" if own is None else f"{incarnation.MARK}={own}"


def _marked(mark: str) -> list[int]:
    """Return the processes with that entry in their environment."""
    if not HAS_PROC:
        return []
    entry = f"{mark}\0".encode()
    return [pid for pid in all_pids() if entry in _environment(pid)]


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
