"""What happened in a run, in order: ``events.jsonl``, appended and synced as it happens."""

import json
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from blackstart.clock import Clock, SystemClock

FILE = "events.jsonl"


class EventLog:
    """Appends to a run's events and tells whoever listens. Safe to use from several threads."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self.listeners: list[Callable[[dict[str, Any]], None]] = []

    def record(self, event: str, **detail: Any) -> None:
        """Append one event with the time of this call (monotonic nanoseconds)."""
        entry = {"t": self._clock.now_ns(), "event": event, **detail}
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, sort_keys=True, default=str) + "\n")
            file.flush()
            os.fsync(file.fileno())
        for listener in self.listeners:
            listener(entry)


@cache
def event_log(run_dir: Path) -> EventLog:
    """Return this process's event log of a run."""
    return EventLog(run_dir / FILE, SystemClock())
