"""``compliance.pdf``: the page's own template on A4, with page numbers and heads that repeat."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import plutoprint

from blackstart.report import sheet

FONT, CUTS = "font:", ("Regular", "Italic", "SemiBold", "Bold")


def render(room: str, content: Mapping[str, Any]) -> bytes:
    """Return the document as PDF. Errors: OSError where there is no room for a draft of it."""
    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4)
    book.custom_resource_fetcher = OwnFonts()
    book.load_html(sheet.render(room, "compliance.html.j2", ("paper.css",), {**content, "paper": True}, common=()))
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, _title(content))
    book.set_metadata(plutoprint.PDF_METADATA_CREATOR, "blackstart")
    with TemporaryDirectory() as folder:
        draft = Path(folder) / "compliance.pdf"
        book.write_to_pdf(draft)
        return draft.read_bytes()


def _title(content: Mapping[str, Any]) -> str:
    return f"Recovery drills of {content['system']}, {content['since']} to {content['until']}"


class OwnFonts(plutoprint.ResourceFetcher):
    """Hands out the fonts that come with us: nothing else is ever loaded, from the disk or from the net."""

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        """Return a font by the name of its cut. Raises ValueError for everything else."""
        cut = url.removeprefix(FONT)
        if not url.startswith(FONT) or cut not in CUTS:
            raise ValueError(f"{url} is not ours")
        font = files("ttf_opensans").joinpath(f"ttf/OpenSans-{cut}.ttf")
        return plutoprint.ResourceData(font.read_bytes(), "font/ttf")
