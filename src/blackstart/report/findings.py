"""Findings: what a team wrote down about the run, what the verdict suggests, and room for more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from blackstart.report.quantities import plain
from blackstart.report.record import Record
from blackstart.report.standing import outcome, reasons, restoration, standing

FILE = "findings.yaml"
MOST = 200
MOST_BYTES = 1_000_000
BLANK = 3
FIELDS = ("id", "text", "owner", "due", "retest", "status")


@dataclass(frozen=True)
class Finding:
    """One finding; "" is what nobody filled in. A ``suggested`` one is blackstart's, and nobody has agreed on it."""

    id: str
    text: str
    owner: str = ""
    due: str = ""
    retest: str = ""
    status: str = ""
    suggested: bool = False


@dataclass(frozen=True)
class Findings:
    """The table's rows, how many empty ones to leave room for, and what is wrong with the file ("" if nothing)."""

    rows: tuple[Finding, ...]
    blank: int
    written: bool
    problem: str = ""


def findings(record: Record) -> Findings:
    """Return what ``findings.yaml`` in the run's folder says, or suggestions and an empty form without it."""
    path = record.run_dir / FILE
    if not path.is_file():
        return Findings(tuple(_suggested(record)), BLANK, written=False)
    try:
        return Findings(tuple(_read(path)), 0, written=True)
    except (OSError, ValueError, yaml.YAMLError) as error:
        problem = f"{FILE} cannot be read: {plain(_first_line(error), 240)}; mend it, then write the report again."
        return Findings(tuple(_suggested(record)), BLANK, written=False, problem=problem)


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{getattr(error, 'problem', None) or error or type(error).__name__}{where}"


def _read(path: Path) -> Iterator[Finding]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    listed = content.get("findings") if isinstance(content, Mapping) else content
    if not isinstance(listed, list):
        raise ValueError("it has no list named findings")  # noqa: TRY004 - the file's content is wrong
    if len(listed) > MOST:
        raise ValueError(f"it has more than {MOST} findings")
    for number, one in enumerate(listed, 1):
        yield _finding(number, one)


def _finding(number: int, given: Any) -> Finding:
    if not isinstance(given, Mapping) or not given.get("text"):
        raise ValueError(f"finding {number} has no text")
    unknown = [str(name) for name in given if name not in FIELDS]
    if unknown:
        raise ValueError(f"finding {number} has an unknown field {plain(unknown[0], 40)}: use {', '.join(FIELDS)}")
    name, text, owner, due, retest, status = (_text(number, field, given.get(field)) for field in FIELDS)
    return Finding(name or f"F-{number}", text, owner, due, retest, status)


def _text(number: int, name: str, value: Any) -> str:
    # Nothing nested: a few lines of YAML aliases can stand for gigabytes of text.
    if value is not None and not isinstance(value, str | int | float | date):
        raise ValueError(f"finding {number}: {name} is no text")
    return "" if value is None else plain(value, 1000)


def _suggested(record: Record) -> Iterator[Finding]:
    verdict = record.verdict
    told = [f"Still to put back: {plain(one, 300)}" for one in restoration(verdict).get("remaining") or []]
    if outcome(verdict).key != "met":
        told += reasons(verdict)
    elif standing(verdict).key == "broken":
        told += ["Not everything that the drill changed was put back."] if not told else []
    yield from (Finding(f"S-{number}", text, suggested=True) for number, text in enumerate(told[:MOST], 1))
