"""What the Linux kernel does between a parent and its children: death signals, and orphans that find a new parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def dying_with(parent: int) -> Callable[[], None] | None:
    """Return what a child runs before exec, so that the kernel kills it when this process dies."""
    if _LIBC is None:
        return None
    prctl = _LIBC.prctl

    def ask_for_death_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_death_signal


def adopt_orphans() -> bool:
    """Become the parent of all descendants whose own parent dies; whether the system can do that."""
    return _LIBC is not None and _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def reap_orphans(own: set[int]) -> None:
    """Reap dead children, up to the first that is among ``own``, which somebody else reaps."""
    with suppress(ChildProcessError):
        while True:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if dead is None or dead.si_pid in own:
                return
            os.waitpid(dead.si_pid, os.WNOHANG)
