"""``python -m blackstart.report.printer DRAFT TITLE SUBJECT < PAGE``: HTML onto paper, with fonts of its own.

A process of its own: the renderer is native code, and must never take a drill's process down with it.
"""

import os
import sys
from importlib.resources import files as resources

import plutoprint

FONT, CUTS = "font:", ("Regular", "Italic", "SemiBold", "Bold")


class OwnFonts(plutoprint.ResourceFetcher):
    """Hands out the fonts that come with us: nothing else is ever loaded, from the disk or from the net."""

    def fetch_url(self, url: str) -> plutoprint.ResourceData:
        """Return a font by the name of its cut. Raises ValueError for everything else."""
        cut = url.removeprefix(FONT)
        if not url.startswith(FONT) or cut not in CUTS:
            raise ValueError(f"{url} is not ours")
        font = resources("ttf_opensans").joinpath(f"ttf/OpenSans-{cut}.ttf")
        return plutoprint.ResourceData(font.read_bytes(), "font/ttf")


def render(draft: str, page: str, title: str, subject: str) -> None:
    """Render an HTML document as PDF. Errors: plutoprint.Error, OSError."""
    book = plutoprint.Book(plutoprint.PAGE_SIZE_A4)
    book.custom_resource_fetcher = OwnFonts()
    book.load_html(page)
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, title)
    book.set_metadata(plutoprint.PDF_METADATA_SUBJECT, subject)
    book.set_metadata(plutoprint.PDF_METADATA_CREATOR, "blackstart")
    book.write_to_pdf(draft)


def main() -> int:
    """Render what comes in; one line on standard error says why it could not."""
    draft, title, subject = sys.argv[1:]
    try:
        render(draft, sys.stdin.buffer.read().decode("utf-8"), title, subject)
    except (plutoprint.Error, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Not the interpreter's own way out: the renderer's cache of fonts outlives it, and would call back into it.
    os._exit(code)
