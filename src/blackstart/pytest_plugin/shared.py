"""What all processes of one test session share (pytest-xdist starts several): a folder with a few small files.

One drill runs at a time; the lab is started once; and when a drill was interrupted or could not put everything back,
every process runs no further drill.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Halt:
    """Why no further drill may run, and the exit code for it: pytest's own 2, or blackstart's 6 or 7."""

    reason: str
    exit_code: int


class Shared:
    """The folder, made when it is first needed. ``given`` is the folder of the session that this process serves."""

    def __init__(self, given: str | None = None) -> None:
        self._given = given

    @cached_property
    def folder(self) -> Path:
        return Path(self._given or tempfile.mkdtemp(prefix="blackstart-pytest-"))

    @property
    def used(self) -> bool:
        """Whether this session has needed the folder at all."""
        return "folder" in self.__dict__

    def remove(self) -> None:
        """Remove the folder, if it was made here."""
        if self.used and self._given is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the session's turn to drill, once it is free. Which process holds it is written down."""
        with self._locked("turn") as file:
            file.write_text(str(os.getpid()))
            try:
                yield
            finally:
                file.write_text("")

    def whose_turn(self) -> int | None:
        """Return the process that drills now."""
        text = self._text("turn")
        return int(text) if text else None

    @contextmanager
    def lab_door(self) -> Iterator[None]:
        """Let one process at a time look for the lab and start it."""
        with self._locked("door"):
            yield

    @property
    def started_lab(self) -> str | None:
        """The name of the lab that this session has started."""
        return self._text("lab") or None

    @started_lab.setter
    def started_lab(self, name: str) -> None:
        self._write("lab", name)

    @property
    def unfinished(self) -> str | None:
        """The run folder of a drill that is at work, or that ended with something still to do."""
        return self._text("unfinished") or None

    @unfinished.setter
    def unfinished(self, run: str | None) -> None:
        self._write("unfinished", run or "")

    @property
    def halted(self) -> Halt | None:
        text = self._text("halted")
        return Halt(**json.loads(text)) if text else None

    def halt(self, halt: Halt) -> None:
        """Let no process run another drill."""
        self._write("halted", json.dumps({"reason": halt.reason, "exit_code": halt.exit_code}))

    @contextmanager
    def _locked(self, name: str) -> Iterator[Path]:
        path = self.folder / name
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield path

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _write(self, name: str, text: str) -> None:
        draft = self.folder / f"{name}.{os.getpid()}"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.folder / name)
