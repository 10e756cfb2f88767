"""``compliance.json``: the same blocks as the page and the paper, and the evidence index as data."""

from dataclasses import asdict
from typing import Any

from blackstart.report.compliance.case import Case
from blackstart.report.compliance.document import Block, Section
from blackstart.report.compliance.evidence import whole
from blackstart.report.compliance.sections import DISCLAIMER

SCHEMA = 1


def data(case: Case, sections: tuple[Section, ...]) -> dict[str, Any]:
    """Return the report as JSON data."""
    return {
        "schema": SCHEMA,
        "statement": DISCLAIMER,
        "system": case.system,
        "from": case.since.isoformat(),
        "to": case.until.isoformat(),
        "written_at": case.written.isoformat(timespec="seconds"),
        "digest": whole(tuple(one.evidence for one in case.cited)),
        "runs": [
            {
                "run": one.name,
                "experiment": one.drill.experiment,
                "started_at": one.drill.started.isoformat(timespec="milliseconds"),
                "outcome": one.drill.outcome,
                "digest": one.evidence.digest,
                "files": [asdict(file) for file in one.evidence.files],
                "findings": [asdict(finding) for finding in one.notes.findings],
            }
            for one in case.cited
        ],
        "unreadable": [{"run": one.name, "why": one.why} for one in case.unreadable],
        "sections": [
            {"key": one.key, "title": one.title, "blocks": [_block(block) for block in one.blocks]} for one in sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    return {"kind": type(block).__name__.lower(), **asdict(block)}
