"""Gaps and islands: sequences read back as ranges, made by the server, so that a million rows come as a few."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed

_WRAPPED = """\
WITH found (writer, seq) AS (
{query}
), counted AS (
    SELECT writer, CAST(seq AS bigint) AS seq, count(*) AS times FROM found GROUP BY 1, 2
), numbered AS (
    SELECT writer, seq, times, seq - row_number() OVER (PARTITION BY writer ORDER BY seq) AS island FROM counted
)
SELECT writer, min(seq), max(seq), sum(times - 1) FROM numbered GROUP BY writer, island ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Islands:
    """Ranges of sequences (both ends included) of each writer, and how many rows were there once more."""

    ranges: dict[int, list[tuple[int, int]]]
    duplicates: int


def read(connection: psycopg.Connection[Any], query: str, parameters: Mapping[str, Any]) -> Islands:
    """Run a query that returns ``writer, seq`` of every row, and return what it finds as ranges."""
    ranges: dict[int, list[tuple[int, int]]] = {}
    duplicates = 0
    for writer, first, last, more in connection.execute(_wrapped(query), parameters):
        ranges.setdefault(int(writer), []).append((int(first), int(last)))
        duplicates += int(more)
    return Islands(ranges, duplicates)


def _wrapped(query: str) -> Composed:
    # The topology's own query: it is run as it stands, as a part of ours.
    inner = SQL(query.strip().rstrip(";"))
    return SQL(_WRAPPED).format(query=inner)
