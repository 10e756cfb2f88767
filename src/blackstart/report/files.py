"""The raw record: every file of the run's folder, with its checksum."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from blackstart.report.quantities import plain, size

MOST = 400
PAGE, PAPER = "report.html", "report.pdf"


@dataclass(frozen=True)
class File:
    """One file: its path below the run's folder, its size and its SHA-256."""

    path: str
    size: str
    sha256: str


def files(run_dir: Path) -> tuple[list[File], int]:
    """Return at most MOST files in order, the report itself left out, and how many more there are."""
    found = sorted(path for path in run_dir.rglob("*") if path.is_file() and not path.is_symlink())
    found = [
        path for path in found if path not in (run_dir / PAGE, run_dir / PAPER) and not path.name.endswith(".part")
    ]
    return [_file(path, run_dir) for path in found[:MOST]], max(0, len(found) - MOST)


def _file(path: Path, run_dir: Path) -> File:
    name = plain(path.relative_to(run_dir).as_posix(), 200)
    try:
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return File(name, size(path.stat().st_size), digest)
    except OSError as error:
        return File(name, "–", f"cannot be read ({type(error).__name__})")
