"""What is written over all runs of a folder at a session's end: the scorecard, and the compliance report."""

from collections.abc import Iterator
from pathlib import Path

from blackstart.clock import Clock
from blackstart.report import compliance, drills, scorecard
from blackstart.report.compliance.writing import Asked


def write(reports: Path, clock: Clock) -> Iterator[Path]:
    """Write both into the folder, over every run that is in it, and yield what was written.

    The report's period is from the first to the last day on which a drill was run. Raises ``UsageError``.
    """
    yield scorecard.write(reports, None, None, clock.wall()).page
    days = sorted(drill.started.date() for drill in drills.read(reports).readable)
    if days:
        yield from compliance.write(reports, Asked(days[0], days[-1]), None, clock.wall()).paths
