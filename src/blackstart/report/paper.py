"""``report.pdf``: the same page from the same templates, on paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blackstart.report import page
from blackstart.report.files import PAPER
from blackstart.report.printing import print_to

SHEETS = ("colours.css", "figures.css", "paper.css")


def save(run_dir: Path, shown: Mapping[str, Any]) -> Path:
    """Render ``report.pdf`` into the run's folder, whole or not at all, and return its path.

    ``shown``: what `page.content` returned. Errors: PrintingError, OSError.
    """
    text = page.render(shown, SHEETS, paper=True)
    return print_to(run_dir / PAPER, text, f"{shown['title']} – drill report", str(shown["run"]))
