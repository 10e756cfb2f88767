"""``scorecard.html`` and ``scorecard.json``, written whole or not at all."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from blackstart import programme
from blackstart.outcome import UsageError
from blackstart.report import drills, sheet
from blackstart.report.drills import Unreadable
from blackstart.report.scorecard.card import Card, card
from blackstart.report.scorecard.data import data
from blackstart.report.scorecard.view import content

ROOM = "blackstart.report.scorecard"
PAGE, DATA = "scorecard.html", "scorecard.json"


@dataclass(frozen=True)
class Written:
    """What was written where, and the runs that could not be read."""

    page: Path
    json: Path
    data: dict[str, Any]
    unreadable: tuple[Unreadable, ...]


def write(folder: Path, given: Path | None, out: Path | None, now: datetime) -> Written:
    """Score the runs in ``folder`` as of ``now`` (UTC), against the programme given or the folder's own.

    Errors: UsageError where the folder holds no run, the programme is wrong, or ``out`` cannot be written.
    """
    found = card(drills.read(folder), programme.find(folder, given), now)
    target = folder if out is None else out
    as_data = data(found)
    text = json.dumps(as_data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        target.mkdir(parents=True, exist_ok=True)
        page, file = sheet.write(target / PAGE, render(found)), sheet.write(target / DATA, text)
    except OSError as error:
        raise UsageError(f"{target} cannot be written ({error.strerror}): give another folder with --out") from error
    return Written(page, file, as_data, found.drills.unreadable)


def render(found: Card) -> str:
    """Return the page."""
    return sheet.render(ROOM, "scorecard.html.j2", ("scorecard.css",), content(found))
