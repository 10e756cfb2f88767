"""What a killed PostgreSQL server leaves outside its data folder, read from the folder, with the standard library only.

The servers of the lab keep their memory in anonymous mappings and in the data folder (``shared_memory_type=mmap``,
``dynamic_shared_memory_type=mmap``). One System V segment of a few bytes remains, by which PostgreSQL notices that a
data folder is in use; ``/dev/shm`` files appear only if these settings are changed.
"""

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path

_SHM_LINE = 7
"""The line of postmaster.pid that holds the segment's key and id."""
_IPC_RMID = 0
_SEGMENTS = Path("/proc/sysvipc/shm")
_SHARED = Path("/dev/shm")  # noqa: S108 (where POSIX shared memory shows up on Linux)


@dataclass(frozen=True)
class Remains:
    """System V segment ids and files of shared memory."""

    segments: tuple[int, ...] = ()
    files: tuple[Path, ...] = ()


def remains(datadir: Path, creator: int | None = None) -> Remains:
    """Return what is left of a server with that data folder. Ask before the folder is removed.

    ``creator``: the dead server's pid, where it is known. A server killed in the moment between making its segment and
    writing it down is found by it (Linux).
    A folder without a ``postmaster.pid`` has nothing left: the server ended in order or never ran.
    """
    try:
        lines = (datadir / "postmaster.pid").read_text().splitlines()
    except OSError:
        return Remains(_made_by(creator))
    # A server killed while it started has written a part of it, or nothing yet.
    words = lines[_SHM_LINE - 1].split() if len(lines) >= _SHM_LINE else []
    segments = (int(words[1]),) if len(words) == 2 and words[1].isdigit() else ()
    return Remains(tuple({*segments, *_made_by(creator)}), _files_of(lines[0]) if lines else ())


def remove(left: Remains) -> None:
    """Remove the segments and files; those that are gone already are no error."""
    if left.segments and sys.platform in {"linux", "darwin"}:
        libc = ctypes.CDLL(None)
        for segment in left.segments:
            libc.shmctl(segment, _IPC_RMID, None)
    for file in left.files:
        file.unlink(missing_ok=True)


def _files_of(pid: str) -> tuple[Path, ...]:
    """Return the POSIX segments that the dead server's main process had created (not used with the lab's settings)."""
    return tuple(sorted(_SHARED.glob(f"PostgreSQL.{pid.strip()}.*"))) if _SHARED.is_dir() else ()


def _made_by(creator: int | None) -> tuple[int, ...]:
    """Return the segments that the process made and that nobody is attached to."""
    if creator is None or not _SEGMENTS.exists():
        return ()
    head, *rows = (line.split() for line in _SEGMENTS.read_text().splitlines())
    found = (dict(zip(head, row, strict=False)) for row in rows)
    return tuple(int(each["shmid"]) for each in found if int(each["cpid"]) == creator and each["nattch"] == "0")
