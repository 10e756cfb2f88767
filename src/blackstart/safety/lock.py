"""One drill at a time on one system: a lock on the topology's file, which the kernel frees when its holder dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blackstart.outcome import RefusedError, UsageError


@contextmanager
def only_drill(topology: Path) -> Iterator[None]:
    """Hold the system's lock. Raises ``RefusedError`` when another drill holds it.

    The file itself is locked, so nothing has to be written or cleaned up. Two copies of one topology are two locks.
    """
    try:
        file = topology.open("rb")
    except OSError as error:
        raise UsageError(f"topology {topology} cannot be read ({error.strerror}): bring the system up first") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(f"another drill holds {topology}: wait for its end, or interrupt it") from None
        yield
