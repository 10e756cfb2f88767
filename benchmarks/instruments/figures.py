"""The figures of an observer's errors."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figures:
    """Errors of the downtime, seen − true. ``inside``: how often the truth was in the bounds; None: it states none."""

    outages: int
    missed: int
    median_ms: float
    worst_ms: float
    bias_ms: float
    inside: int | None


def figures(rows: Sequence[Mapping[str, Any]]) -> Figures:
    """Return the figures of these outages. Raises ValueError where there are none."""
    if not rows:
        raise ValueError("no outage, no figure")
    errors = [row["error_ms"] for row in rows]
    return Figures(
        outages=len(rows),
        missed=sum(row["missed"] for row in rows),
        median_ms=statistics.median(map(abs, errors)),
        worst_ms=max(map(abs, errors)),
        bias_ms=statistics.fmean(errors),
        inside=sum(row["inside"] is True for row in rows) if "inside" in rows[0] else None,
    )
