"""``report.html``: the verdict and its evidence in one self-contained file."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from blackstart.report import quantities
from blackstart.report.availability import availability
from blackstart.report.course import course
from blackstart.report.deeds import deeds
from blackstart.report.files import PAGE, files
from blackstart.report.key_figures import clocks, key_figures
from blackstart.report.limits import fidelity, limits
from blackstart.report.loss import losses
from blackstart.report.objectives import rows
from blackstart.report.phases import timeline
from blackstart.report.record import Record, read
from blackstart.report.standing import loss_sentence, outcome, reasons, recovery_sentence, restoration, standing
from blackstart.report.surroundings import surroundings, versions


def write(run_dir: Path) -> Path:
    """Render ``report.html`` into the run's folder, whole or not at all, and return its path.

    Errors: UsageError where the folder holds no verdict.
    """
    page = run_dir / PAGE
    draft = page.with_name(PAGE + ".part")
    draft.write_text(render(read(run_dir)), encoding="utf-8")
    return draft.replace(page)


def render(record: Record) -> str:
    """Return the page: one HTML document that loads nothing and runs nothing."""
    style = resources("blackstart.report.templates").joinpath("style.css").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment().get_template("page.html.j2").render(style=style, digest=digest, **_content(record))


@cache
def _environment() -> Environment:
    # Everything from a run is text from outside: nothing is marked safe but our own style sheet.
    environment = Environment(
        loader=PackageLoader("blackstart.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = quantities.plain
    return environment


def _content(record: Record) -> dict[str, Any]:
    return _verdict(record) | {
        "objectives": rows(record),
        "clocks": clocks(record),
        "timeline": timeline(record),
        "availability": availability(record),
        "losses": losses(record),
        "deeds": deeds(record),
        "course": course(record),
        "fidelity": fidelity(record),
        "limits": limits(record),
        "surroundings": surroundings(record),
        "versions": versions(record),
        "files": files(record.run_dir),
    }


def _verdict(record: Record) -> dict[str, Any]:
    verdict = record.verdict
    environment = verdict.get("environment") or {}
    return {
        "title": quantities.plain(record.run.get("title") or verdict.get("experiment") or "Drill", 160),
        "description": quantities.plain(record.run.get("description") or "", 600),
        "run": quantities.plain(verdict.get("run") or record.run_dir.name, 120),
        "started": quantities.moment(verdict.get("started_at") or record.run.get("started_at") or ""),
        "kind": quantities.plain(environment.get("kind") or "", 20),
        "standing": standing(verdict),
        "outcome": outcome(verdict),
        "sentences": [recovery_sentence(verdict), loss_sentence(verdict)],
        "reasons": reasons(verdict),
        "figures": key_figures(record),
        "restoration": _restoration(record),
    }


def _restoration(record: Record) -> dict[str, Any]:
    found = restoration(record.verdict)
    remaining = [quantities.plain(one, 300) for one in found.get("remaining") or []]
    return {"state": quantities.plain(found.get("state") or "", 40), "remaining": remaining}
