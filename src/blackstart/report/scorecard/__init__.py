"""The scorecard: a programme of drills over time, as a page and as JSON."""

from blackstart.report.scorecard.writing import write

__all__ = ["write"]
