"""How much memory a process has, without counting shared pages twice where the kernel tells."""

from pathlib import Path

MEGABYTE_KB = 1024


def of(pid: int) -> float | None:
    """Return the proportional set size in megabytes (else the resident size), or None for a process that is gone."""
    kilobytes = _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") or _field(Path(f"/proc/{pid}/status"), "VmRSS:")
    return None if kilobytes is None else round(kilobytes / MEGABYTE_KB, 1)


def _field(file: Path, name: str) -> int | None:
    try:
        with file.open() as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith(name)), None)
    except OSError:
        return None
