"""Where the databases' files live: in memory, where the machine has enough of it.

A lab makes some thousand files and removes them when it ends. On ext4 that gets slower with every lab: names of files
that were removed a minute ago are searched through again and again (a second lab took three times as long to start).
What a lab holds is made anew each time, so nothing is lost with the machine's memory. The folder is named by the lab's
incarnation, so that whoever clears up finds it, and never that of the next lab of the same name.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from blackstart.lab import incarnation

SHARED = Path("/dev/shm")  # noqa: S108 (the file system in memory, not a place for secrets: mode 0700)
NEEDED_BYTES = 4 << 30
"""Free space from which on it is used: three databases, and the logs that they keep for each other."""


def place(link: Path) -> None:
    """Make ``link``, in a lab's folder, a folder in memory if there is room for it; else leave it to be made there."""
    own = incarnation.read(link.parent)
    if own is None or not _has_room():
        return
    folder = of(own)
    folder.mkdir(mode=0o700)
    link.symlink_to(folder)


def of(own: str) -> Path:
    """Return where the folder of that incarnation is, if it has one."""
    return SHARED / f"blackstart-{os.getuid()}-{own}"


def remove(own: str) -> None:
    """Remove the folder of that incarnation; none is no error."""
    shutil.rmtree(of(own), ignore_errors=True)


def used_mb(link: Path) -> float:
    """Return how much memory the folder's files take, in megabytes."""
    if not link.is_symlink():
        return 0.0
    total = 0
    for parent, _, names in os.walk(link.resolve()):
        for name in names:
            # Files come and go meanwhile.
            with suppress(OSError):
                total += os.stat(f"{parent}/{name}").st_blocks * 512  # noqa: PTH116 (thousands of files)
    return round(total / (1 << 20), 1)


def _has_room() -> bool:
    try:
        space = os.statvfs(SHARED)
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return False
    available = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
    return min(space.f_bavail * space.f_frsize, available) >= NEEDED_BYTES
