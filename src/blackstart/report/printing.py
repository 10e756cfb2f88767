"""HTML onto paper: the one renderer of every report, with fonts of its own."""

from importlib.resources import files as resources
from pathlib import Path

import plutoprint

FONT, CUTS = "font:", ("Regular", "Italic", "SemiBold", "Bold")


def print_to(path: Path, page: str, title: str, subject: str = "") -> Path:
    """Render an HTML document as PDF, whole or not at all, and return its path.

    Errors: plutoprint.Error, OSError.
    """
    draft = path.with_name(path.name + ".part")
    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4)
    book.custom_resource_fetcher = OwnFonts()
    book.load_html(page)
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, title)
    book.set_metadata(plutoprint.PDF_METADATA_SUBJECT, subject)
    book.set_metadata(plutoprint.PDF_METADATA_CREATOR, "blackstart")
    book.write_to_pdf(draft)
    return draft.replace(path)


class OwnFonts(plutoprint.ResourceFetcher):
    """Hands out the fonts that come with us: nothing else is ever loaded, from the disk or from the net."""

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        """Return a font by the name of its cut. Raises ValueError for everything else."""
        cut = url.removeprefix(FONT)
        if not url.startswith(FONT) or cut not in CUTS:
            raise ValueError(f"{url} is not ours")
        font = resources("ttf_opensans").joinpath(f"ttf/OpenSans-{cut}.ttf")
        return plutoprint.ResourceData(font.read_bytes(), "font/ttf")
