"""A container's process: it dies with the twin, and stays in the twin's process group."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


async def start(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start a process whose output goes to the end of ``log``.

    Raises:
        OSError: the program cannot be started.

    """
    with log.open("ab", buffering=0) as output:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            preexec_fn=_dying_with(os.getpid()),
        )


def send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Send a signal, unless the process has ended."""
    if process.returncode is None:
        try:
            process.send_signal(number)
        except ProcessLookupError:
            return


def _dying_with(parent: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # There the lab's janitor sweeps what is left.
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # The twin died between fork and prctl.

    return prepare
