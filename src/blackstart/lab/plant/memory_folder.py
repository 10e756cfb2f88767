"""Where the databases' files live: in memory, where the machine has enough of it.

A lab makes some thousand files and removes them when it ends. On ext4 that gets slower with every lab: names of files
that were removed a minute ago are searched through again and again (a second lab took three times as long to start).
What a lab holds is made anew each time, so nothing is lost with the machine's memory. The folder's name follows from
the lab's own folder, so that whoever clears up finds it.
"""

import os
import shutil
import zlib
from contextlib import suppress
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108 (the file system in memory, not a place for secrets: mode 0700)
NEEDED_BYTES = 4 << 30
"""Free space from which on it is used: three databases, and the logs that they keep for each other."""


def place(link: Path) -> None:
    """Make ``link`` a folder in memory if there is room for it; otherwise leave it to be made where it is."""
    if not _has_room():
        return
    folder = _folder(link)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    link.symlink_to(folder)


def remove(link: Path) -> None:
    """Remove the folder in memory; none is no error."""
    shutil.rmtree(_folder(link), ignore_errors=True)


def used_mb(link: Path) -> float:
    """Return how much memory the folder's files take, in megabytes."""
    folder = _folder(link)
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            # Files come and go meanwhile.
            with suppress(OSError):
                total += os.stat(f"{parent}/{name}").st_blocks * 512  # noqa: PTH116 (thousands of files)
    return round(total / (1 << 20), 1)


def _folder(link: Path) -> Path:
    return SHARED / f"blackstart-{os.getuid()}-{zlib.crc32(str(link).encode()):08x}"


def _has_room() -> bool:
    try:
        space = os.statvfs(SHARED)
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return False
    available = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
    return min(space.f_bavail * space.f_frsize, available) >= NEEDED_BYTES
