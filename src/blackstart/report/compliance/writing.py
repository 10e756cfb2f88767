"""``compliance.html``, ``compliance.pdf`` and ``compliance.json``, written whole or not at all."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from blackstart import programme
from blackstart.outcome import UsageError
from blackstart.report import sheet
from blackstart.report.compliance import paper
from blackstart.report.compliance.case import Case, case
from blackstart.report.compliance.data import data
from blackstart.report.compliance.document import Section
from blackstart.report.compliance.sections import sections
from blackstart.report.drills import Unreadable

ROOM = "blackstart.report.compliance"
NAMES = ("compliance.html", "compliance.pdf", "compliance.json")


@dataclass(frozen=True)
class Asked:
    """What is to be reported: the first and last day (UTC), the system (None: the only one), the programme's file."""

    since: date
    until: date
    system: str | None = None
    programme: Path | None = None


@dataclass(frozen=True)
class Written:
    """What was written where, and the runs that could not be read."""

    paths: tuple[Path, ...]
    data: dict[str, Any]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Told:
    """The report before it is rendered: what it is about, its sections, and both as data."""

    case: Case
    sections: tuple[Section, ...]
    data: dict[str, Any]


def tell(folder: Path, asked: Asked, now: datetime) -> Told:
    """Work out the report on the drills of ``folder`` that ran in the period, as of ``now`` (UTC).

    Errors: UsageError for a wrong period, a system that is not there, a wrong programme, a folder without runs.
    """
    plan = programme.find(folder, asked.programme)
    found = case(folder, asked.since, asked.until, asked.system, plan, now)
    told = sections(found)
    return Told(found, told, data(found, told))


def write(folder: Path, asked: Asked, out: Path | None, now: datetime) -> Written:
    """Write the report. Errors: UsageError as ``tell``, and where ``out`` (default: ``folder``) cannot be written."""
    told = tell(folder, asked, now)
    text = json.dumps(told.data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    contents: tuple[str | bytes, ...] = (render(told), paper.render(ROOM, shown(told)), text)
    target = folder if out is None else out
    try:
        target.mkdir(parents=True, exist_ok=True)
        paths = tuple(sheet.write(target / name, content) for name, content in zip(NAMES, contents, strict=True))
    except OSError as error:
        raise UsageError(f"{target} cannot be written ({error.strerror}): give another folder with --out") from error
    return Written(paths, told.data, told.case.unreadable)


def render(told: Told) -> str:
    """Return the page."""
    return sheet.render(ROOM, "compliance.html.j2", ("compliance.css",), {**shown(told), "paper": False})


def shown(told: Told) -> dict[str, Any]:
    """Return what the template shows, on the page and on paper."""
    sections = [
        {"key": one.key, "title": one.title, "blocks": [(type(block).__name__, block) for block in one.blocks]}
        for one in told.sections
    ]
    return {"system": told.case.system, "since": told.case.since, "until": told.case.until, "sections": sections}
