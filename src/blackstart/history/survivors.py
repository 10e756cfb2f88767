"""The writes that were read back from a database after the fault."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.history.writing import write_json

Range = tuple[int, int]


@dataclass(frozen=True)
class Survivors:
    """What one database held, as ranges of sequences (both ends included) for each writer.

    ``label``: "standby", "after-failback" or "old-primary". ``duplicates`` and ``versions`` are None where
    nobody read them. Times are monotonic nanoseconds around the reading.
    """

    store: str
    label: str
    read_from: str
    started_ns: int
    ended_ns: int
    run: str
    ranges: Mapping[int, Sequence[Range]]
    duplicates: int | None = None
    versions: Any = None

    @property
    def count(self) -> int:
        """How many distinct writes survived."""
        return sum(last - first + 1 for ranges in self.ranges.values() for first, last in ranges)

    @property
    def file_name(self) -> str:
        return f"survivors-{self.store}-{self.label}.json"


def as_ranges(sequences: Iterable[int]) -> list[Range]:
    """Return sorted, distinct sequences as ranges, both ends included."""
    ranges: list[Range] = []
    for seq in sequences:
        if ranges and seq == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges


def write_survivors(history: Path, survivors: Survivors) -> Path:
    """Write them into the history's folder, synced and whole or not at all; return the file."""
    path = history / survivors.file_name
    data = {
        "store": survivors.store,
        "label": survivors.label,
        "read_from": survivors.read_from,
        "started_ns": survivors.started_ns,
        "ended_ns": survivors.ended_ns,
        "run": survivors.run,
        "writers": {str(writer): [list(span) for span in spans] for writer, spans in survivors.ranges.items()},
        "count": survivors.count,
        "duplicates": survivors.duplicates,
        "versions": survivors.versions,
    }
    write_json(path, data)
    return path


def read_survivors(path: Path) -> Survivors:
    """Read a survivors' file. Raises OSError, or ValueError where it isn't one."""
    data = json.loads(path.read_text("utf-8"))
    try:
        return Survivors(
            store=data["store"],
            label=data["label"],
            read_from=data["read_from"],
            started_ns=data["started_ns"],
            ended_ns=data["ended_ns"],
            run=data["run"],
            ranges={int(writer): [(s[0], s[1]) for s in spans] for writer, spans in data["writers"].items()},
            duplicates=data.get("duplicates"),
            versions=data.get("versions"),
        )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{path.name} is no survivors' file: {error!r}") from error
