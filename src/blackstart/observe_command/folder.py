"""The folder of an observation: made for one alone, found again, and left as it was where nothing was observed."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from blackstart.clock import Clock
from blackstart.drill.folder import REPORTS
from blackstart.outcome import UsageError

MARK = "observer.log"
"""The file by which an observation takes a folder: nobody else observes into it."""


@dataclass(frozen=True)
class Folder:
    """A folder that one observation has taken; ``made``: it was not there before."""

    path: Path
    made: bool

    def leave(self) -> None:
        """Remove what an observation left that never began, so that the same command can be given again."""
        with contextlib.suppress(OSError):
            for path in self.path.glob("*"):
                path.unlink()
            if self.made:
                self.path.rmdir()


def take(asked: Path | None, clock: Clock) -> Folder:
    """Make the folder that was asked for, or a new one of its own below ``reports``. Raises UsageError."""
    places = iter([asked]) if asked is not None else _names(clock)
    for place in places:
        path, made = place.resolve(), not place.exists()
        try:
            path.mkdir(parents=True, exist_ok=asked is not None)
            (path / MARK).touch(exist_ok=False)
        except FileExistsError as error:
            if asked is None:
                continue
            raise _unusable(path, error) from error
        except OSError as error:
            raise _unusable(path, error) from error
        return Folder(path, made)
    raise AssertionError("names never end")


def _names(clock: Clock) -> Iterator[Path]:
    """Yield names for a folder until one is free: others may start in the same second."""
    name = f"{clock.wall():%Y%m%dT%H%M%SZ}-observe"
    yield REPORTS / name
    yield from (REPORTS / f"{name}-{number}" for number in count(2))


def _unusable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"--out {path} cannot be made or written ({error.strerror}): give another folder")


def find(run: str | None) -> Path | None:
    """Return the folder of an observation by its path or its name in ``reports/``; None if it is none."""
    from blackstart.judge import observation  # noqa: PLC0415 - loads numpy; `--help` must not wait for it

    if run is None:
        return None
    places = (Path(run), REPORTS / run)
    return next((place.resolve() for place in places if observation.is_one(place)), None)


def observer_at_work(record: Path) -> int | None:
    """Return the process that still writes this record, None where none does."""
    beats = str((record / "heartbeat.bin").resolve())
    try:
        pid = int(json.loads((record / "clock.json").read_text("utf-8"))["pid"])
        written = set(_held(pid))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if beats in written else None


def _held(pid: int) -> Iterator[str]:
    """Yield what a process holds open; what it lets go of meanwhile, as probes do all the time, is left out."""
    for held in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(held)  # noqa: PTH115 - pipes are no paths
