"""HTML onto paper, by a process of its own that may fail without harm."""

import subprocess
import sys
from pathlib import Path

from blackstart import own_process
from blackstart.outcome import BlackstartError

PROGRAM = ("-m", "blackstart.report.printer")
PATIENCE_S = 120
"""A report takes less than a second; one that takes so long is stuck."""


class PrintingError(BlackstartError):
    """The paper could not be made; the message says why."""


def print_to(path: Path, page: str, title: str, subject: str = "") -> Path:
    """Render an HTML document as PDF, whole or not at all, and return its path. Errors: PrintingError, OSError."""
    draft = path.with_name(path.name + ".part")
    command = [sys.executable, *PROGRAM, str(draft), title, subject]
    try:
        printed = subprocess.run(
            command,
            input=page.encode(),
            capture_output=True,
            env=own_process.environment(),
            timeout=PATIENCE_S,
            check=False,
        )
        if printed.returncode != 0:
            raise PrintingError(f"{path.name}: {_why(printed)}; the page says the same")
        return draft.replace(path)
    except subprocess.TimeoutExpired as error:
        raise PrintingError(f"{path.name}: not printed within {PATIENCE_S} s; the page says the same") from error
    finally:
        draft.unlink(missing_ok=True)


def _why(printed: subprocess.CompletedProcess[bytes]) -> str:
    if printed.returncode < 0:
        return f"the renderer was ended by signal {-printed.returncode}"
    said = printed.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said else f"the renderer ended with code {printed.returncode}"
