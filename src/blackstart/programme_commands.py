"""``blackstart scorecard | compliance``: many drills together."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from blackstart.clock import SystemClock
from blackstart.outcome import Exit

REPORTS = Path("reports")


def add(commands: Any) -> None:
    """Add the commands that read a folder of runs."""
    says = "write a folder's scorecard: every drill over time, what they prove, what is owed"
    score = commands.add_parser(
        "scorecard",
        help=says,
        description=says,
        epilog="exit codes: 0 written; 2 bad input, or written although a run in it cannot be read (it is named)",
    )
    _folder(score)
    score.set_defaults(do=_scorecard)


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


def _named(unreadable: Any) -> int:
    for one in unreadable:
        sys.stderr.write(f"blackstart: {one.name} cannot be read: {one.why}\n")
    return int(Exit.USAGE if unreadable else Exit.MET)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
