"""Chaos Toolkit's journal, kept; and what the drill tells whoever watches it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from chaoslib.run import RunEventHandler
from chaoslib.types import Experiment, Journal

from blackstart.drill.signals import Signals
from blackstart.observer.supervision import Observer


class Watcher(Protocol):
    """Who is told how the drill goes."""

    current: str

    def phase(self, name: str) -> None:
        """Say that a phase begins."""

    def note(self, text: str) -> None:
        """Say what happens within it."""

    def event(self, event: dict[str, Any]) -> None:
        """Take one recorded event."""

    def follow(self, observer: Observer) -> None:
        """Show what that observer sees until it ends."""


class JournalKeeper(RunEventHandler):  # type: ignore[misc]  # chaoslib publishes no types
    """Keeps the journal whatever happens, and the signals in our hands."""

    def __init__(self, run_dir: Path, signals: Signals) -> None:
        self._run_dir, self._signals = run_dir, signals
        self._journal: Journal | None = None

    def running(self, experiment: Experiment, journal: Journal, *_: Any) -> None:
        """Take the signals back: Chaos Toolkit has just put its own handlers in."""
        self._journal = journal
        self._signals.install()

    def start_rollbacks(self, experiment: Experiment) -> None:
        """From here on things are being put right."""
        self._signals.defer()

    def keep(self, journal: Journal) -> None:
        self._journal = journal

    def write(self) -> None:
        """Write what there is of the journal."""
        path = self._run_dir / "journal.json"
        path.write_text(json.dumps(self._journal or {}, indent=2, default=str) + "\n", encoding="utf-8")


@contextmanager
def keep_journal(run_dir: Path, signals: Signals) -> Iterator[JournalKeeper]:
    """Write the journal at the end of the block, however it ends."""
    keeper = JournalKeeper(run_dir, signals)
    try:
        yield keeper
    finally:
        keeper.write()
