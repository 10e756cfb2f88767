"""The shared memory that a killed PostgreSQL leaves behind: one System V segment an instance, and POSIX files.

Only what is this lab's: segments named by a data folder's ``postmaster.pid``, segments that a process of the lab
created and that nobody is attached to any more, and the files that a process of the lab had mapped when it was about
to be killed. (Only ``initdb`` and its kind map such files; the lab's servers keep theirs in their data folders.)
"""

import ctypes
import re
from collections.abc import Iterable
from pathlib import Path

_IPC_RMID = 0
_SEGMENTS = Path("/proc/sysvipc/shm")
_MAPPED = re.compile(r"/dev/shm/PostgreSQL\.\d+")  # noqa: S108 (how PostgreSQL names them)


def remove(state: Path, pids: set[int]) -> None:
    """Remove the segments of the lab whose processes had those pids. What is gone already is no error."""
    shmctl = ctypes.CDLL(None).shmctl
    for segment in _of_data_folders(state) | _of_creators(pids):
        shmctl(segment, _IPC_RMID, None)


def mapped(pids: Iterable[int]) -> set[Path]:
    """Return the POSIX files of PostgreSQL that the processes have mapped. Ask before they are killed."""
    return {Path(found) for pid in pids for found in _MAPPED.findall(_maps(pid))}


def _maps(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return ""


def _of_data_folders(state: Path) -> set[int]:
    found = set()
    for file in state.glob("aurora/*/postmaster.pid"):
        words = _words_of_line(file, 6)
        # "key id": the line is empty until the segment is there.
        if len(words) == 2 and all(word.lstrip("-").isdigit() for word in words):
            found.add(int(words[1]))
    return found


def _words_of_line(file: Path, number: int) -> list[str]:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return []
    return lines[number].split() if len(lines) > number else []


def _of_creators(pids: set[int]) -> set[int]:
    try:
        lines = _SEGMENTS.read_text().splitlines()
    except OSError:
        return set()
    names, *rows = (line.split() for line in lines)
    segments = [dict(zip(names, row, strict=False)) for row in rows]
    return {int(s["shmid"]) for s in segments if int(s["cpid"]) in pids and s["nattch"] == "0"}
