"""The compliance report: one system's drills of a period as evidence, on a page, on paper and as data."""

from blackstart.report.compliance.writing import write

__all__ = ["write"]
