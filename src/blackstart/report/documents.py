"""Everything that a report consists of: ``report.html`` and ``report.pdf``, from one reading of the record."""

from dataclasses import dataclass
from pathlib import Path

from blackstart.report import page
from blackstart.report.files import PAPER
from blackstart.report.record import read


@dataclass(frozen=True)
class Documents:
    """The paths of what was written; without ``paper``, ``problem`` says why there is none."""

    page: Path
    paper: Path | None
    problem: str = ""


def write(run_dir: Path) -> Documents:
    """Write both into the run's folder. A paper that cannot be made leaves the page, and no older paper.

    Errors: UsageError where the folder holds no verdict.
    """
    shown = page.content(read(run_dir))
    written = page.save(run_dir, page.render(shown))
    (run_dir / PAPER).unlink(missing_ok=True)
    try:
        from blackstart.report import paper  # noqa: PLC0415 - its library is not there for every platform

        return Documents(written, paper.save(run_dir, shown))
    except Exception as error:  # noqa: BLE001 - a drill's outcome must not hang on a renderer
        return Documents(written, None, f"{PAPER} could not be written: {error}")
