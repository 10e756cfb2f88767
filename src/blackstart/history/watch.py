"""Values that a watcher read over time: a service's own lag metric, ready pods, a role."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from blackstart.history.reading import Damage


@dataclass(frozen=True)
class Watch:
    """Readings in the order they were made: ``times`` (monotonic ns) and what was read at each (None: no answer)."""

    times: tuple[int, ...]
    values: tuple[Any, ...]
    damage: Damage | None = None

    def __len__(self) -> int:
        return len(self.times)


class WatchFile:
    """Appends readings to ``watch-<name>.jsonl``, a line each, flushed at once. Safe from several threads."""

    def __init__(self, history: Path, name: str) -> None:
        self._file = (history / f"watch-{name}.jsonl").open("a", encoding="utf-8")
        self._lock = Lock()

    def append(self, time_ns: int, value: object) -> None:
        """Add one reading. Raises OSError when the disk does not take it."""
        with self._lock:
            self._file.write(json.dumps({"t": time_ns, "value": value}) + "\n")
            self._file.flush()

    def close(self) -> None:
        with self._lock:
            self._file.close()


def read_watch(path: Path) -> Watch:
    """Read a watcher's file; lines that are cut or broken are left out and named. Raises OSError."""
    lines = path.read_bytes().splitlines(keepends=True)
    readings = [reading for line in lines if (reading := _reading(line)) is not None]
    return Watch(tuple(t for t, _ in readings), tuple(value for _, value in readings), _damage(lines))


def _reading(line: bytes) -> tuple[int, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        data = json.loads(line)
        return int(data["t"]), data["value"]
    except (ValueError, KeyError, TypeError):
        return None


def _damage(lines: Iterable[bytes]) -> Damage | None:
    broken = [line for line in lines if _reading(line) is None]
    if not broken:
        return None
    return Damage(sum(map(len, broken)), f"{len(broken)} lines are cut or broken")
