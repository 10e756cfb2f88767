"""One system, one period: which drills are cited, and everything that was written down about them."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from blackstart.outcome import UsageError
from blackstart.programme import Programme
from blackstart.report import drills
from blackstart.report.compliance import evidence, notes
from blackstart.report.compliance.evidence import Evidence
from blackstart.report.compliance.notes import Notes
from blackstart.report.drills import Drill, Drills, Unreadable
from blackstart.report.record import Record
from blackstart.report.record import read as read_record


@dataclass(frozen=True)
class Cited:
    """One drill of the period: its record, what people noted beside it, and its files."""

    drill: Drill
    record: Record
    notes: Notes
    evidence: Evidence

    @property
    def name(self) -> str:
        return self.drill.name

    @property
    def day(self) -> str:
        return f"{self.drill.started:%Y-%m-%d}"

    @property
    def verdict_sha256(self) -> str:
        """The first signs of the verdict's checksum; the index has all of them."""
        found = self.evidence.of("verdict.json")
        return "unread" if found is None or found.sha256 is None else found.sha256[:12]


@dataclass(frozen=True)
class Case:
    """What the report is about. ``since`` and ``until`` are days in UTC, both included; ``cited`` is oldest first."""

    system: str
    since: date
    until: date
    written: datetime
    programme: Programme | None
    cited: tuple[Cited, ...]
    before: tuple[Drill, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def decided(self) -> list[Cited]:
        return [one for one in self.cited if one.drill.decided]

    @property
    def experiments(self) -> list[str]:
        return sorted({one.drill.experiment for one in self.cited})


def case(folder: Path, since: date, until: date, asked: str | None, programme: Programme | None, now: datetime) -> Case:
    """Gather what is to be reported. Raises ``UsageError`` for a wrong period or a system that is not there."""
    if since > until:
        raise UsageError(f"--from {since} is after --to {until}: give the first and the last day of the period")
    found = drills.read(folder)
    system = _system(found, asked, programme)
    own = [drill for drill in found.readable if drill.system == system]
    cited = tuple(_cited(drill) for drill in own if since <= drill.started.date() <= until)
    before = tuple(drill for drill in own if drill.started.date() < since)
    fitting = programme if programme and programme.system == system else None
    return Case(system, since, until, now, fitting, cited, before, found.unreadable)


def _system(found: Drills, asked: str | None, programme: Programme | None) -> str:
    systems = sorted({drill.system for drill in found.readable})
    if asked is not None:
        if asked not in systems and (programme is None or programme.system != asked):
            raise UsageError(f"no drill in {found.folder} is of system {asked!r}: there are {_named(systems)}")
        return asked
    if programme is not None:
        return programme.system
    if len(systems) != 1:
        raise UsageError(f"{found.folder} holds drills of {_named(systems)}: choose one with --system")
    return systems[0]


def _named(systems: list[str]) -> str:
    return ", ".join(systems) or "no system that can be read"


def _cited(drill: Drill) -> Cited:
    return Cited(drill, read_record(drill.folder), notes.read(drill.folder), evidence.index(drill.folder))
