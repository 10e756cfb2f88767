"""The same document on paper: A4, with an outline, page numbers and heads that repeat."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import font_source_sans_pro as source_sans
from fpdf import FPDF, FontFace, XPos, YPos
from fpdf.enums import TableBordersLayout
from fpdf.fonts import TTFFont

from blackstart.report.compliance.case import Case
from blackstart.report.compliance.document import (
    Block,
    Bullets,
    Cell,
    Facts,
    Heading,
    Lines,
    Section,
    Table,
    Text,
)

FONT = "Source Sans"
FACES = {"": "SourceSansPro", "B": "SourceSansProSemibold", "I": "SourceSansProIt"}
UNIT = re.compile(r"(?<=\d) (?=(?:s|%|B|kB|MB|GB)(?:\W|$))")
INK, SOFT, RULE, TINT = (21, 23, 28), (86, 92, 104), (201, 204, 209), (245, 246, 247)
COLOURS = {"good": (24, 113, 63), "bad": (160, 29, 22), "open": (122, 76, 0), "missing": SOFT}
MARGIN, BOTTOM = 17.0, 19.0
SIZES = {"hint": 8.5, "strong": 11.0, "code": 8.0}


class Paper(FPDF):
    """An A4 document whose foot names the report and the page."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
        for style, face in FACES.items():
            self.add_font(FONT, style, source_sans.font_files_ttf[face])
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(True, BOTTOM)
        self.alias_nb_pages()

    def footer(self) -> None:
        self.set_y(-13)
        self.write_in(8, SOFT)
        self.cell(self.epw - 30, 5, self.foot)
        self.cell(30, 5, f"{self.page_no()} of {{nb}}", align="R")

    def write_in(self, size: float, colour: tuple[int, int, int] = INK, style: str = "") -> None:
        """Choose how what follows is written."""
        self.set_font(FONT, style, size)
        self.set_text_color(*colour)

    def paragraph(self, text: str, line: float) -> None:
        """Write a paragraph over the whole width."""
        self.multi_cell(0, line, known(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def render(case: Case, sections: tuple[Section, ...]) -> bytes:
    """Return the document as PDF. Signs that its font lacks (it has Latin, Greek, Cyrillic) are boxes."""
    paper = Paper(known(f"blackstart compliance report · {case.system} · {case.since} to {case.until}"))
    paper.set_creation_date(case.written)
    paper.set_title(f"Recovery drills of {case.system}, {case.since} to {case.until}")
    paper.set_lang("en")
    paper.add_page()
    _title(paper, case)
    for section in sections:
        _section(paper, section)
    return bytes(paper.output())


def _title(paper: Paper, case: Case) -> None:
    paper.write_in(10, SOFT)
    paper.paragraph("blackstart · compliance report", 6)
    paper.write_in(21, INK, "B")
    paper.paragraph(f"Recovery drills of {case.system}", 10)
    paper.write_in(11, SOFT)
    paper.paragraph(f"{case.since} to {case.until}", 7)
    paper.ln(2)


def _section(paper: Paper, section: Section) -> None:
    if paper.will_page_break(34):
        paper.add_page()
    paper.start_section(section.title)
    paper.ln(5)
    paper.set_draw_color(*RULE)
    paper.line(MARGIN, paper.get_y(), MARGIN + paper.epw, paper.get_y())
    paper.ln(2.5)
    paper.write_in(14, INK, "B")
    paper.paragraph(section.title, 7)
    paper.ln(1)
    for block in section.blocks:
        WRITERS[type(block)](paper, block)


def _text(paper: Paper, block: Text) -> None:
    size = SIZES.get(block.look, 10.0)
    colour = SOFT if block.look in {"hint", "code"} else COLOURS.get(block.look, INK)
    style = {"strong": "B", "missing": "I", "bad": "B"}.get(block.look, "")
    paper.write_in(size, colour, style)
    paper.paragraph(block.text, size * 0.48)
    paper.ln(1.5)


def _heading(paper: Paper, block: Heading) -> None:
    if paper.will_page_break(26):
        paper.add_page()
    paper.ln(2)
    paper.write_in(10.5, INK, "B")
    paper.paragraph(block.text, 5.4)
    paper.ln(0.8)


def _bullets(paper: Paper, block: Bullets) -> None:
    for line in block.lines:
        paper.write_in(9.5)
        paper.cell(4, 4.7, "·")
        paper.multi_cell(0, 4.7, known(line), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        paper.ln(0.6)
    paper.ln(1)


def _facts(paper: Paper, block: Facts) -> None:
    rows = tuple((Cell(name, "missing"), cell) for name, cell in block.rows)
    _grid(paper, rows, (24, 76), 9.5, names=True)


def _table(paper: Paper, block: Table) -> None:
    size = 7.6 if block.small else 8.4
    _grid(paper, block.rows, block.widths, size, block.head)


def _grid(
    paper: Paper, rows: tuple[tuple[Cell, ...], ...], widths: tuple[int, ...], size: float,
    head: tuple[str, ...] = (), names: bool = False,
) -> None:  # fmt: skip
    paper.write_in(size)
    paper.set_draw_color(*RULE)
    heading = FontFace(emphasis="B", color=SOFT, fill_color=TINT)
    with paper.table(
        col_widths=widths, text_align="L", line_height=size * 0.47, padding=(1.1, 1.4, 1.1, 0.8), v_align="T",
        borders_layout=TableBordersLayout.HORIZONTAL_LINES, first_row_as_headings=bool(head), headings_style=heading,
        num_heading_rows=1 if head else 0,
    ) as grid:  # fmt: skip
        if head:
            grid.row([known(name) for name in head])
        for cells in rows:
            row = grid.row()
            for place, cell in enumerate(cells):
                row.cell(known(cell.text), style=_face(cell, place == 0 and not names))
    paper.ln(2)


def _face(cell: Cell, first: bool) -> FontFace:
    emphasis = (
        "I" if cell.look == "missing" else "B" if (first and cell.look != "code") or cell.look in COLOURS else None
    )
    return FontFace(emphasis=emphasis, color=COLOURS.get(cell.look, INK))


def _lines(paper: Paper, block: Lines) -> None:
    width, gap = paper.epw / len(block.head), 4
    if paper.will_page_break(14 * len(block.rows) + 8):
        paper.add_page()
    paper.write_in(8.4, SOFT, "B")
    for name in block.head:
        paper.cell(width, 6, name)
    paper.ln(6)
    for role in block.rows:
        paper.write_in(9.5)
        paper.set_draw_color(*INK)
        paper.ln(9)
        foot = paper.get_y() + 5
        paper.cell(width, 5, role)
        for place in range(1, len(block.head)):
            left = MARGIN + place * width
            paper.line(left, foot, left + width - gap, foot)
        paper.ln(5)
    paper.ln(2)


WRITERS: dict[type[Block], Callable[[Paper, Any], None]] = {
    Text: _text,
    Heading: _heading,
    Bullets: _bullets,
    Facts: _facts,
    Table: _table,
    Lines: _lines,
}


@cache
def _signs() -> frozenset[int]:
    face = next(font for font in Paper("").fonts.values() if isinstance(font, TTFFont))
    return frozenset(face.cmap)


def known(text: str) -> str:
    """Return the text with a box for each sign that the font lacks, and no line's end between figure and unit."""
    text = UNIT.sub("\u00a0", text)
    return "".join(sign if ord(sign) in _signs() or sign == "\n" else "■" for sign in text)
