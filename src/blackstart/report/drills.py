"""A folder of runs, read once: every drill in it, and every one that cannot be read, by name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blackstart.outcome import UsageError
from blackstart.report.quantities import part, plain
from blackstart.report.standing import CLOCKS, Verdict, outcome
from blackstart.report.stores import at_failover, worst_rpo

DECIDED = ("met", "missed")
FIELDS = {"fault": "from_fault", "first_failure": "from_first_failure", "declared": "from_declaration"}


@dataclass(frozen=True)
class Drill:
    """One run that can be read: its folder, its verdict, what its run.json says, and when it started (UTC)."""

    folder: Path
    verdict: Verdict
    run: Mapping[str, Any]
    started: datetime

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def experiment(self) -> str:
        return plain(self.verdict.get("experiment") or self.run.get("experiment") or "not recorded", 80)

    @property
    def title(self) -> str:
        return plain(self.verdict.get("title") or self.run.get("title") or self.experiment, 160)

    @property
    def environment(self) -> Mapping[str, Any]:
        return {**_mapping(self.run.get("environment")), **_known(self.verdict.get("environment"))}

    @property
    def system(self) -> str:
        return plain(self.environment.get("system") or "system not recorded", 80)

    @property
    def surroundings(self) -> str:
        """Where it ran: "lab, fast timing". Drills of different surroundings are never counted together."""
        kind = plain(self.environment.get("kind") or "environment not recorded", 40)
        timing = self.environment.get("timing")
        return f"{kind}, {plain(timing, 20)} timing" if timing else kind

    @property
    def failover(self) -> str | None:
        """Who moves the system: manual, automated, none; None where it was not recorded."""
        given = self.verdict.get("failover") or self.run.get("failover")
        return None if given is None else plain(given, 20)

    @property
    def outcome(self) -> str:
        return outcome(self.verdict).key

    @property
    def decided(self) -> bool:
        """Whether it answered: met or missed. Inconclusive, aborted and refused drills answer nothing."""
        return self.outcome in DECIDED

    @property
    def happened(self) -> bool:
        """Whether anything was tried at all: a refused drill changed nothing and shows nothing."""
        return self.outcome != "refused"

    @property
    def objectives(self) -> Mapping[str, Any]:
        return _mapping(self.verdict.get("objectives"))

    @property
    def clock(self) -> str:
        """The clock that the drill's recovery time counts by."""
        given = str(self.objectives.get("rto_clock") or "fault")
        return given if given in CLOCKS else "fault"

    def rto(self, clock: str | None = None) -> Any:
        """Return the recovery time as an interval, by the drill's own clock or another; None if not measured."""
        if clock is None or clock == self.clock:
            return self.verdict.get("rto")
        return _mapping(self.verdict.get("recovery")).get(FIELDS[clock])

    @property
    def rpo(self) -> Any:
        """The data loss of the store that lost most at the failover, None if any was not measured."""
        return worst_rpo(self.verdict)

    @property
    def stores(self) -> list[str]:
        """The stores whose data loss was measured."""
        return [name for name, store in at_failover(self.verdict) if part(store.get("rpo"), "latest_s") is not None]


@dataclass(frozen=True)
class Unreadable:
    """A run that cannot be scored, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Drills:
    """All runs of a folder, oldest first."""

    folder: Path
    readable: tuple[Drill, ...]
    unreadable: tuple[Unreadable, ...]


def read(folder: Path) -> Drills:
    """Read every run that stands directly in ``folder``. Raises ``UsageError`` when there is none."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder: give the one that holds the runs, such as reports")
    runs = sorted(path for path in folder.iterdir() if _is_run(path))
    if not runs:
        inside = f": it is a run itself, give {folder.parent}" if _is_run(folder) else ": no run.json or verdict.json"
        raise UsageError(f"there is no run in {folder}{inside if _is_run(folder) else inside + ' one level down'}")
    found = [_drill(path) for path in runs]
    drills = sorted((one for one in found if isinstance(one, Drill)), key=lambda drill: (drill.started, drill.name))
    return Drills(folder, tuple(drills), tuple(one for one in found if isinstance(one, Unreadable)))


def series(drills: Sequence[Drill]) -> Iterator[tuple[tuple[str, str, str], list[Drill]]]:
    """Yield the drills that may be counted together: of one system, experiment and surroundings."""
    keys = dict.fromkeys((drill.system, drill.experiment, drill.surroundings) for drill in drills)
    for key in sorted(keys):
        yield key, [drill for drill in drills if (drill.system, drill.experiment, drill.surroundings) == key]


def _is_run(path: Path) -> bool:
    return path.is_dir() and any((path / name).exists() for name in ("run.json", "verdict.json"))


def _drill(folder: Path) -> Drill | Unreadable:
    name = plain(folder.name, 120)
    verdict = _object(folder / "verdict.json")
    if isinstance(verdict, str):
        return Unreadable(name, f"{verdict}; run: blackstart judge {name}")
    run = _object(folder / "run.json")
    facts: Mapping[str, Any] = {} if isinstance(run, str) else run
    wrong = _wrong(verdict)
    started = _instant(verdict.get("started_at") or facts.get("started_at"))
    if wrong is None and started is None:
        wrong = "says no time at which the drill started"
    if wrong is not None or started is None:
        return Unreadable(name, f"verdict.json {wrong}; run: blackstart judge {name}")
    return Drill(folder, verdict, facts, started)


def _object(path: Path) -> dict[str, Any] | str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"{path.name} is not there"
    except (OSError, ValueError, RecursionError) as error:
        return f"{path.name} cannot be read ({type(error).__name__})"
    return found if isinstance(found, dict) else f"{path.name} is no JSON object"


MAPPINGS = ("objectives", "environment", "recovery", "restoration", "clock", "versions", "stores")
LISTS = ("phases", "faults", "outages", "steps", "fidelity", "reasons")
COUNTS = ("acknowledged", "survived", "lost", "lost_at_most", "indeterminate", "recovered_unknown")
OF_MAPPINGS = ("phases", "faults", "outages", "steps", "stores")


def _wrong(verdict: Mapping[str, Any]) -> str | None:
    if verdict.get("schema") != 1:
        return f"has schema {plain(verdict.get('schema'), 20)}, only 1 is known"
    if outcome(verdict).word == "Unknown":
        return f"has no outcome that is known: {plain(verdict.get('outcome'), 60)}"
    bent = [name for name in (*MAPPINGS, *LISTS) if _bent(verdict, name)] or _miscounted(verdict)
    return f"has a broken field: {bent[0]}" if bent else None


def _bent(verdict: Mapping[str, Any], name: str) -> bool:
    found = verdict.get(name)
    if found is None:
        return False
    if not isinstance(found, Mapping if name in MAPPINGS else list):
        return True
    inside = found.values() if isinstance(found, Mapping) else found
    return name in OF_MAPPINGS and not all(isinstance(one, Mapping) for one in inside)


def _miscounted(verdict: Mapping[str, Any]) -> list[str]:
    """Return the counts that are no counts: adding them up would lie or fail."""
    return [
        f"stores.{plain(name, 60)}.{field}"
        for name, store in _mapping(verdict.get("stores")).items()
        for field in COUNTS
        if not isinstance(store.get(field), int | None) or isinstance(store.get(field), bool)
    ]


def _instant(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _known(found: Any) -> dict[str, Any]:
    return {name: value for name, value in _mapping(found).items() if value is not None}
