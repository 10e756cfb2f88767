"""What a drill shows on the terminal: the live view while it works, the verdict at its end."""

from blackstart.report.progress import Progress
from blackstart.report.summary import plain_lines, verdict_table

__all__ = ["Progress", "plain_lines", "verdict_table"]
