"""One life of a lab: a lab that is started again under its name is another incarnation.

Everything that a lab makes on the machine carries its incarnation: its processes' environment, its folder in memory,
its state folder. So whoever clears up after one can never meet the next, however late it comes. Standard library only.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "BLACKSTART_LAB_INCARNATION"
"""Every process of a lab carries its incarnation in this environment variable, for the janitor."""
FILE = "incarnation"


def new() -> str:
    """Return a name that no other life of any lab has."""
    return os.urandom(8).hex()


def write(folder: Path, incarnation: str) -> None:
    """Name the life that the folder belongs to, before anybody can see it."""
    (folder / FILE).write_text(incarnation)


def read(folder: Path) -> str | None:
    """Return whose folder it is, or None: there is none, or it does not say."""
    try:
        return (folder / FILE).read_text() or None
    except OSError:
        return None


@contextmanager
def held(folder: Path, incarnation: str) -> Iterator[bool]:
    """Tell whether the folder belongs to that life; if so, nobody else can remove it meanwhile.

    A new lab of that name needs the name to be free, and the name becomes free only by whoever holds this.
    """
    try:
        file = (folder / FILE).open()
    except OSError:
        yield False
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.read() == incarnation and _is_at(folder / FILE, file.fileno())


def _is_at(path: Path, handle: int) -> bool:
    """Whether the path still leads to the open file: it may have been removed while we waited for it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False
