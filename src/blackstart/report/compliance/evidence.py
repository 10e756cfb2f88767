"""The evidence index: every file of every run that is cited, with its SHA-256, and one digest over each run."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from blackstart.report.quantities import plain


@dataclass(frozen=True)
class File:
    """One file: its path below the run's folder, its size in bytes, its SHA-256; why, where it cannot be read."""

    path: str
    size: int | None
    sha256: str | None
    why: str = ""


@dataclass(frozen=True)
class Evidence:
    """A run's files, by path. ``digest`` is the SHA-256 over the lines "<sha256>  <path>", as ``sha256sum`` prints."""

    run: str
    files: tuple[File, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.manifest.encode()).hexdigest()

    @property
    def manifest(self) -> str:
        """The run's files as ``sha256sum`` prints them, so that ``sha256sum --check`` reads them."""
        return "".join(f"{file.sha256 or 'unread'}  {file.path}\n" for file in self.files)

    def of(self, path: str) -> File | None:
        """Return one file by its path."""
        return next((file for file in self.files if file.path == path), None)


def index(run_dir: Path) -> Evidence:
    """Read every file of a run. One that is a link, or cannot be read, is named and not followed."""
    paths = [path for path in run_dir.rglob("*") if path.is_symlink() or path.is_file()]
    # By the whole path, as `LC_ALL=C sort` does, so that the digest can be had without this program.
    paths.sort(key=lambda path: path.relative_to(run_dir).as_posix().encode(errors="surrogateescape"))
    return Evidence(plain(run_dir.name, 120), tuple(_file(path, run_dir) for path in paths))


def whole(found: tuple[Evidence, ...]) -> str:
    """Return one digest over all runs, for the signature: the SHA-256 over the lines "<digest>  <run>"."""
    return hashlib.sha256("".join(f"{one.digest}  {one.run}\n" for one in found).encode()).hexdigest()


def _file(path: Path, run_dir: Path) -> File:
    name = path.relative_to(run_dir).as_posix()
    if path.is_symlink():
        return File(name, None, None, "a link, not followed")
    try:
        with path.open("rb") as content:
            return File(name, path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest())
    except OSError as error:
        return File(name, None, None, f"cannot be read ({type(error).__name__})")
