"""``blackstart scorecard | compliance``: many drills together."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from blackstart.clock import SystemClock
from blackstart.drill.folder import REPORTS
from blackstart.outcome import Exit


def add(commands: Any) -> None:
    """Add the commands that read a folder of runs."""
    says = "write a folder's scorecard: all drills over time, what they prove, what is owed"
    score = commands.add_parser(
        "scorecard",
        help=says,
        description=says,
        epilog="exit codes: 0 written; 2 bad input, or written although a run in it cannot be read (it is named)",
    )
    _folder(score)
    score.set_defaults(do=_scorecard)
    says = "write the evidence of a period, by objective, drill and date: HTML, PDF, JSON"
    report = commands.add_parser("compliance", help=says, description=says, epilog=score.epilog)
    _folder(report)
    for flag, what in (("--from", "first"), ("--to", "last")):
        report.add_argument(
            flag,
            required=True,
            type=_day,
            metavar="DATE",
            dest=what,
            help=f"{what} day of the period, in UTC: 2026-01-31",
        )
    report.add_argument("--system", metavar="NAME", help="which system (default: the programme's, or the only one)")
    report.set_defaults(do=_compliance)


def _folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", nargs="?", type=Path, default=REPORTS, metavar="DIR", help="(default: reports)")
    command.add_argument(
        "--programme", type=Path, metavar="FILE", help="what is owed (default: programme.yaml in DIR, where it is)"
    )
    command.add_argument("--out", type=Path, metavar="DIR", help="where to write it (default: into DIR)")
    command.add_argument("--json", action="store_true", help="print what a machine reads")


def _scorecard(given: argparse.Namespace) -> int:
    from blackstart.report import scorecard  # noqa: PLC0415 - `--help` must not wait for it

    written = scorecard.write(given.folder, given.programme, given.out, SystemClock().wall())
    _print(json.dumps(written.data, indent=2, sort_keys=True) if given.json else f"{written.page}\n{written.json}")
    return _named(written.unreadable)


def _compliance(given: argparse.Namespace) -> int:
    from blackstart.report import compliance  # noqa: PLC0415 - as for _scorecard
    from blackstart.report.compliance.writing import Asked  # noqa: PLC0415 - as for _scorecard

    asked = Asked(given.first, given.last, given.system, given.programme)
    written = compliance.write(given.folder, asked, given.out, SystemClock().wall())
    _print(json.dumps(written.data, indent=2, sort_keys=True) if given.json else "\n".join(map(str, written.paths)))
    return _named(written.unreadable)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-01-31") from None


def _named(unreadable: Any) -> int:
    for one in unreadable:
        sys.stderr.write(f"blackstart: {one.name} cannot be read: {one.why}\n")
    return int(Exit.USAGE if unreadable else Exit.MET)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
