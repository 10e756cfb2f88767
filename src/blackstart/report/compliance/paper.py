"""``compliance.pdf``: the page's own template on A4, with page numbers and heads that repeat."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from blackstart.report import sheet
from blackstart.report.printing import print_to


def render(room: str, content: Mapping[str, Any]) -> bytes:
    """Return the document as PDF. Errors: OSError where there is no room for a draft of it."""
    page = sheet.render(room, "compliance.html.j2", ("paper.css",), {**content, "paper": True}, common=())
    with TemporaryDirectory() as folder:
        return print_to(Path(folder) / "compliance.pdf", page, _title(content)).read_bytes()


def _title(content: Mapping[str, Any]) -> str:
    return f"Recovery drills of {content['system']}, {content['since']} to {content['until']}"
