"""The shared memory that a killed PostgreSQL leaves behind: one System V segment an instance, and POSIX files.

Only what is this lab's: segments named by a data folder's ``postmaster.pid``, segments that a process of the lab
created and that nobody is attached to any more, and the files that a process of the lab had mapped when it was about
to be killed. (Only ``initdb`` and its kind map such files; the lab's servers keep theirs in their data folders.)
"""

import ctypes
import os
import re
from collections.abc import Iterable
from pathlib import Path

from blackstart.lab.descent import Identity

_IPC_RMID = 0
_SEGMENTS = Path("/proc/sysvipc/shm")
_SLACK_S = 2
"""Segments have whole seconds, and so has the boot."""
_MAPPED = re.compile(r"/dev/shm/PostgreSQL\.\d+")  # noqa: S108 (how PostgreSQL names them)


def remove(state: Path, processes: Iterable[Identity]) -> None:
    """Remove the segments of the lab that had these processes. What is gone already is no error."""
    _remove(_of_creators(processes).union(*(segments(folder) for folder in state.glob("aurora/*"))))


def remove_of(folder: Path, process: Identity | None) -> None:
    """Remove the segment of one dead server, by its data folder and, if that is known, by its process.

    One that was killed between making its segment and writing it down is found by its process alone.
    """
    _remove(segments(folder) | _of_creators(() if process is None else (process,)))


def segments(folder: Path) -> set[int]:
    """Return the segment that the data folder's ``postmaster.pid`` names, if any: ask before that file is removed.

    A server that ended in order has none; one killed while it started has written a part of the file, or nothing yet.
    """
    words = _words_of_line(folder / "postmaster.pid", 6)
    # "key id": the line is empty until the segment is there.
    return {int(words[1])} if len(words) == 2 and all(word.lstrip("-").isdigit() for word in words) else set()


def mapped(pids: Iterable[int]) -> set[Path]:
    """Return the POSIX files of PostgreSQL that the processes have mapped. Ask before they are killed."""
    return {Path(found) for pid in pids for found in _MAPPED.findall(_maps(pid))}


def _maps(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return ""


def _remove(ids: set[int]) -> None:
    if ids:
        shmctl = ctypes.CDLL(None).shmctl
        for each in ids:
            shmctl(each, _IPC_RMID, None)


def _words_of_line(file: Path, number: int) -> list[str]:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return []
    return lines[number].split() if len(lines) > number else []


def _of_creators(processes: Iterable[Identity]) -> set[int]:
    """Return what these processes made, and not others that had the same pids before or after them."""
    try:
        lines = _SEGMENTS.read_text().splitlines()
    except OSError:
        return set()
    names, *rows = (line.split() for line in lines)
    found = [dict(zip(names, row, strict=False)) for row in rows]
    free = [segment for segment in found if segment["nattch"] == "0"]
    by_pid = {process.pid: process for process in processes} if free else {}
    return {
        int(segment["shmid"])
        for segment in free
        if (process := by_pid.get(int(segment["cpid"]))) and _may_have_made(process, int(segment["ctime"]))
    }


def _may_have_made(process: Identity, made_s: int) -> bool:
    now = Identity.of(process.pid)
    reused = now is not None and now != process and _started_s(now) <= made_s + _SLACK_S
    return _started_s(process) <= made_s + _SLACK_S and not reused


def _started_s(process: Identity) -> float:
    """Return when the process started, in seconds of the wall clock; it is known in ticks since the boot."""
    lines = Path("/proc/stat").read_text().splitlines()
    boot_s = next(int(line.split()[1]) for line in lines if line.startswith("btime"))
    return boot_s + int(process.started) / os.sysconf("SC_CLK_TCK")
