"""``report.html``: the verdict and its evidence in one self-contained file."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from blackstart.report import quantities, sheet
from blackstart.report.acknowledged import acknowledged
from blackstart.report.availability import availability, axis_of, marks
from blackstart.report.course import course
from blackstart.report.deeds import deeds
from blackstart.report.files import PAGE, files
from blackstart.report.findings import findings
from blackstart.report.key_figures import clocks, key_figures
from blackstart.report.latency import latencies
from blackstart.report.limits import fidelity, limits
from blackstart.report.loss import losses
from blackstart.report.names import name_answers
from blackstart.report.objectives import recoveries, rows
from blackstart.report.phases import spans, timeline
from blackstart.report.record import Record, read
from blackstart.report.seen import instruments
from blackstart.report.standing import loss_sentence, outcome, reasons, recovery_sentence, restoration, standing
from blackstart.report.surroundings import surroundings, versions
from blackstart.report.swimlane import swimlanes


def write(run_dir: Path) -> Path:
    """Render ``report.html`` into the run's folder, whole or not at all, and return its path.

    Errors: UsageError where the folder holds no verdict.
    """
    return save(run_dir, render(content(read(run_dir))))


def save(run_dir: Path, text: str) -> Path:
    """Put the page into the run's folder, whole or not at all, and return its path."""
    return sheet.write(run_dir / PAGE, text)


def render(shown: Mapping[str, Any], sheets: Sequence[str] = sheet.COMMON, paper: bool = False) -> str:
    """Return the page: one HTML document that loads nothing and runs nothing.

    ``shown``: what `content` returned. ``paper``: for sheets that nobody clicks on, so without what only leads to
    other places of the page.
    """
    return sheet.render(sheet.SHARED, "page.html.j2", (), {**shown, "paper": paper}, common=sheets)


def content(record: Record) -> dict[str, Any]:
    """Return everything that the templates show, by its name there; the raw history is read here, once."""
    with ThreadPoolExecutor(1) as beside:
        # Hashing a large record takes as long as reading it, and lets go of the interpreter meanwhile.
        listed = beside.submit(files, record.run_dir)
        return _verdict(record) | _told(record) | _observed(record) | {"files": listed.result()}


def _told(record: Record) -> dict[str, Any]:
    """Return what verdict, events and undo log tell."""
    return {
        "objectives": rows(record),
        "clocks": clocks(record),
        "recoveries": recoveries(record),
        "phases": timeline(record),
        "swimlanes": swimlanes(record),
        "losses": losses(record),
        "deeds": deeds(record),
        "course": course(record),
        "findings": findings(record),
        "fidelity": fidelity(record),
        "limits": limits(record),
        "surroundings": surroundings(record),
        "versions": versions(record),
    }


def _observed(record: Record) -> dict[str, Any]:
    """Return what is drawn from the raw history."""
    seen = list(instruments(record))
    axis = axis_of(record, seen)
    return {
        "availability": availability(record, seen),
        "names": name_answers(record),
        "latency": latencies(seen, axis, marks(record, axis), spans(record, axis), record.zero_ns),
        "acknowledged": {one.store: one for one in acknowledged(record, seen, axis)},
    }


def _verdict(record: Record) -> dict[str, Any]:
    verdict = record.verdict
    environment = verdict.get("environment") or {}
    return {
        "title": quantities.plain(
            record.run.get("title") or verdict.get("title") or verdict.get("experiment") or "Drill", 160
        ),
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


def title(record: Record) -> str:
    """Return what the drill is called."""
    return str(record.run.get("title") or record.verdict.get("title") or record.verdict.get("experiment") or "Drill")


def _restoration(record: Record) -> dict[str, Any]:
    found = restoration(record.verdict)
    remaining = [quantities.plain(one, 300) for one in found.get("remaining") or []]
    return {"state": quantities.plain(found.get("state") or "", 40), "remaining": remaining}
