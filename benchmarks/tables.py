"""Tables in Markdown."""

import statistics
from collections.abc import Iterable, Iterator, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> Iterator[str]:
    """Yield the lines of a table; the first ``words`` columns are words, the others numbers, to the right."""
    yield row(heads)
    yield "|" + "---|" * words + "---:|" * (len(heads) - words)
    yield from map(row, rows)
    yield ""


def row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def spread(values: Sequence[float], digits: int) -> list[str]:
    """Return minimum, median and maximum."""
    return [f"{of(values):.{digits}f}" for of in (min, statistics.median, max)]
