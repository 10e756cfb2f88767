"""Which processes descend from which, and how to name one so that a reused pid is never mistaken for it.

Read from ``/proc`` where there is one (a fraction of a millisecond), else from ``ps``.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

HAS_PROC = Path("/proc/self/stat").exists()
MARK = "BLACKSTART_LAB"
"""Every process of a lab carries its state folder in this environment variable, for the janitor."""
GONE = "XZ"
"""States of a process that is dead, reaped or not."""


@dataclass(frozen=True)
class Identity:
    """A process: the pid alone may be reused, the pid with its start time is not."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of the living process with that pid, or None."""
        row = _row(pid)
        return None if row is None or row[2] in GONE else cls(pid, row[1])

    def lives(self) -> bool:
        return Identity.of(self.pid) == self

    def remains(self) -> bool:
        """Whether the process is still in the system's table, if only as a dead one that nobody has reaped."""
        row = _row(self.pid)
        return row is not None and row[1] == self.started


class Generations:
    """Who started whom at one moment: one look at the whole machine, for any number of questions."""

    def __init__(self) -> None:
        self._children: dict[int, list[int]] = {}
        for child, parent in _parents():
            self._children.setdefault(parent, []).append(child)

    def descendants(self, *roots: int) -> list[int]:
        """Return the processes and everything that they started, parents before children."""
        found = list(roots)
        for each in found:
            found.extend(self._children.get(each, ()))
        return found


def descendants(*roots: int) -> list[int]:
    """Return the processes and everything that they started, parents before children, now."""
    return Generations().descendants(*roots)


def all_pids() -> list[int]:
    """Return every pid of the machine (``/proc`` only)."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 (a Path for each is slow)


def _row(pid: int) -> tuple[int, str, str] | None:
    """Return (parent, start time, state) of a process."""
    return _row_of_proc(pid) if HAS_PROC else _row_of_ps(pid)


def _row_of_proc(pid: int) -> tuple[int, str, str] | None:
    try:
        # The name stands in parentheses and may hold anything: fields are counted from its end.
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 (Path costs more than the reading)
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[1]), fields[19].decode(), fields[0].decode()


def _row_of_ps(pid: int) -> tuple[int, str, str] | None:
    command = ["ps", "-o", "ppid=,state=,lstart=", "-p", str(pid)]
    fields = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(maxsplit=2)
    return None if len(fields) < 3 else (int(fields[0]), fields[2].strip(), fields[1][0])


def _parents() -> list[tuple[int, int]]:
    if not HAS_PROC:
        listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        return [(int(pid), int(parent)) for pid, parent in map(str.split, listing.splitlines())]
    rows = ((pid, _row_of_proc(pid)) for pid in all_pids())
    return [(pid, row[0]) for pid, row in rows if row is not None]
