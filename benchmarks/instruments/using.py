"""How much processor time a process and its descendants have used."""

import contextlib

import psutil


def used_s(pid: int) -> float:
    """Return user and system time in seconds; 0 for a process that has ended."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                used = each.cpu_times()
                total += used.user + used.system
    return total
