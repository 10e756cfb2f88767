"""``report.pdf``: the same page from the same templates, on paper."""

from collections.abc import Mapping
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import plutoprint

from blackstart.report import page
from blackstart.report.files import PAPER

SHEETS = ("colours.css", "figures.css", "paper.css")
FONT, CUTS = "font:", ("Regular", "Italic", "SemiBold", "Bold")


def save(run_dir: Path, shown: Mapping[str, Any]) -> Path:
    """Render ``report.pdf`` into the run's folder, whole or not at all, and return its path.

    ``shown``: what `page.content` returned. Errors: plutoprint.Error, OSError.
    """
    paper = run_dir / PAPER
    draft = paper.with_name(PAPER + ".part")
    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4)
    book.custom_resource_fetcher = OwnFonts()
    book.load_html(page.render(shown, SHEETS, paper=True))
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, f"{shown['title']} – drill report")
    book.set_metadata(plutoprint.PDF_METADATA_SUBJECT, str(shown["run"]))
    book.set_metadata(plutoprint.PDF_METADATA_CREATOR, "blackstart")
    book.write_to_pdf(draft)
    return draft.replace(paper)


class OwnFonts(plutoprint.ResourceFetcher):
    """Hands out the fonts that come with us: nothing else is ever loaded, from the disk or from the net."""

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        """Return a font by the name of its cut. Raises ValueError for everything else."""
        cut = url.removeprefix(FONT)
        if not url.startswith(FONT) or cut not in CUTS:
            raise ValueError(f"{url} is not ours")
        font = resources("ttf_opensans").joinpath(f"ttf/OpenSans-{cut}.ttf")
        return plutoprint.ResourceData(font.read_bytes(), "font/ttf")
