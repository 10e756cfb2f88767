"""What a document consists of: the page and the paper render the same blocks, so they cannot say different things."""

from collections.abc import Iterable
from dataclasses import dataclass

NOT_GIVEN = "not given"
LOOKS = ("", "good", "bad", "open", "missing", "code")


@dataclass(frozen=True)
class Cell:
    """A text with a look: good, bad, open (not decided), missing, code, or plain."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph; ``hint`` in a small hand, ``strong`` in a large one."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading below the section's own."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Table:
    """Rows below a head; ``widths`` are each column's share of the paper's width."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    small: bool = False


@dataclass(frozen=True)
class Lines:
    """Empty lines to fill in by hand, each with what belongs there."""

    head: tuple[str, ...]
    rows: tuple[str, ...]


Block = Text | Heading | Bullets | Facts | Table | Lines


@dataclass(frozen=True)
class Section:
    """One part of the document; ``key`` names it in links."""

    key: str
    title: str
    blocks: tuple[Block, ...]


def given(text: object) -> Cell:
    """Return a text as it was given, or say that it was not: nothing is invented."""
    return Cell(NOT_GIVEN, "missing") if text is None or not str(text).strip() else Cell(str(text))


def table(
    head: Iterable[str], rows: Iterable[Iterable[Cell | str]], widths: Iterable[int], small: bool = False
) -> Table:
    """Return a table, plain texts made into cells."""
    made = tuple(tuple(Cell(one) if isinstance(one, str) else one for one in row) for row in rows)
    return Table(tuple(head), made, tuple(widths), small)


def facts(rows: Iterable[tuple[str, Cell | str]]) -> Facts:
    """Return facts, plain texts made into cells."""
    return Facts(tuple((name, Cell(value) if isinstance(value, str) else value) for name, value in rows))
