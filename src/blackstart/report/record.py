"""A run's folder, read once: what the page shows and nothing it would have to judge."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blackstart.history import Watch, read_survivors, read_watch
from blackstart.outcome import UsageError
from blackstart.report.quantities import NANOSECONDS, part


@dataclass(frozen=True)
class Record:
    """What a run left behind; times in events and undo are monotonic ns."""

    run_dir: Path
    verdict: Mapping[str, Any]
    run: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[Mapping[str, Any]] = ()
    undo: Sequence[Mapping[str, Any]] = ()
    damage: tuple[str, ...] = ()

    @property
    def fault_ns(self) -> int | None:
        """The first fault's instant: the verdict's, or else the start of its call; None without a fault."""
        for fault in self.verdict.get("faults") or []:
            point = part(fault.get("injected_at"), "point_s")
            if point is not None and fault.get("role", "fault") == "fault":
                return self.clock_zero_ns + round(point * NANOSECONDS)
        return self._fault_called_ns

    @property
    def _fault_called_ns(self) -> int | None:
        faults = {entry.get("id") for entry in self.undo if entry.get("role") == "fault"}
        calls = (entry for entry in self.undo if entry.get("event") == "acted" and entry.get("id") in faults)
        return next((called for entry in calls if isinstance(called := entry.get("called_at"), int)), None)

    def faults_ended_ns(self) -> list[int | None]:
        """Return when each fault was proved to be undone, in the order of the verdict's faults; None where none was."""
        intended = [entry for entry in self.undo if entry.get("event") == "intended"]
        struck = [entry.get("id") for entry in intended if entry.get("role") == "fault"]
        ends = {entry.get("id"): entry.get("t") for entry in self.undo if entry.get("event") == "undone"}
        return [end if isinstance(end := ends.get(one), int) else None for one in struck]

    @property
    def zero_ns(self) -> int:
        """Where "+0 s" stands: the fault, or else the run's own start."""
        if self.fault_ns is not None:
            return self.fault_ns
        return self.clock_zero_ns

    @property
    def clock_zero_ns(self) -> int:
        """The zero from which the verdict's own instants count."""
        return int(self.clock.get("monotonic_zero_ns") or 0)

    def relative(self, instant: Any) -> dict[str, float]:
        """Return an instant of the verdict, bounds included, in seconds from the page's zero; {} if unknown."""
        shift = (self.clock_zero_ns - self.zero_ns) / NANOSECONDS
        sides = {side: part(instant, side) for side in ("point_s", "earliest_s", "latest_s")}
        if sides["point_s"] is None:
            return {}
        return {side: value + shift for side, value in sides.items() if value is not None}

    @property
    def clock(self) -> Mapping[str, Any]:
        found = self.verdict.get("clock") or self.run.get("clock")
        return found if isinstance(found, Mapping) else {}

    def survivors(self, store: str) -> tuple[Mapping[int, Any] | None, int]:
        """Return what the database held of a store after the recovery, and when it was read (monotonic ns).

        As ranges by writer; None where nobody read it, or for another run.
        """
        where = "primary" if self.run.get("recovers_in") == "primary" else "standby"
        try:
            found = read_survivors(self.run_dir / "history" / f"survivors-{store}-{where}.json")
        except (OSError, ValueError):
            return None, 0
        return (found.ranges, found.started_ns) if found.run == self.run.get("run") else (None, 0)

    def watches(self) -> dict[str, Watch]:
        """Return what each watcher read over time, by its name; one that cannot be read is left out."""
        return self._readings("watch-")

    def answers(self) -> dict[str, Watch]:
        """Return what each canary's target said when it was new, by the canary; what cannot be read is left out."""
        return self._readings("answers-")

    def _readings(self, prefix: str) -> dict[str, Watch]:
        found = {}
        for path in sorted((self.run_dir / "history").glob(f"{prefix}*.jsonl")):
            with suppress(OSError):
                found[path.stem.removeprefix(prefix)] = read_watch(path)
        return found

    def json_of(self, path: str) -> Mapping[str, Any]:
        """Return the JSON object in a file of the run's folder, {} if it is not there or broken."""
        return _object(self.run_dir / path, [])

    def offset_s(self, instant_ns: Any) -> float | None:
        """Return seconds since the zero of the page."""
        if not isinstance(instant_ns, int) or isinstance(instant_ns, bool):
            return None
        return (instant_ns - self.zero_ns) / NANOSECONDS

    def window(self) -> tuple[float, float] | None:
        """Return the declared window of observation, in seconds from the page's zero."""
        for event in self.events:
            start, end = self.offset_s(event.get("from")), self.offset_s(event.get("to"))
            if event.get("event") == "window" and start is not None and end is not None and end > start:
                return start, end
        return None


def read(run_dir: Path) -> Record:
    """Read a run's folder.

    Errors: UsageError where there is no verdict. A missing or cut other file is named in ``damage``.
    """
    damage: list[str] = []
    return Record(
        run_dir,
        _verdict(run_dir),
        _object(run_dir / "run.json", damage),
        tuple(_lines(run_dir / "events.jsonl", damage)),
        tuple(_lines(run_dir / "undo.jsonl", damage)),
        tuple(damage),
    )


def _verdict(run_dir: Path) -> Mapping[str, Any]:
    path = run_dir / "verdict.json"
    todo = f"run: blackstart judge {run_dir.name}"
    try:
        verdict = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no verdict there, so nothing to report; {todo}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); {todo}") from None
    if not isinstance(verdict, dict):
        raise UsageError(f"{path}: is no JSON object; {todo}")
    return verdict


def _object(path: Path, damage: list[str]) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        damage.append(f"{path.name} cannot be read ({type(error).__name__})")
        return {}
    return found if isinstance(found, dict) else {}


def _lines(path: Path, damage: list[str]) -> list[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        damage.append(f"{path.name} cannot be read ({type(error).__name__})")
        return []
    parsed = [_line(line) for line in text.split("\n") if line.strip()]
    broken = sum(line is None for line in parsed)
    if broken:
        damage.append(f"{path.name}: {broken} of {len(parsed)} lines cannot be read")
    return [line for line in parsed if line is not None]


def _line(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
