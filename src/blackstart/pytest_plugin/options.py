"""The plugin's command line: which system, where the reports go, how fast a lab is, and whether anything is run."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from blackstart.outcome import UsageError

TIMINGS = ("fast", "aws")


@dataclass(frozen=True)
class Options:
    """What was asked for. ``topology`` None is the lab, ``reports`` None the folder reports/ without an overview."""

    topology: Path | None
    reports: Path | None
    timing: str | None
    dry_run: bool


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of drills."""
    group = parser.getgroup("blackstart", "disaster-recovery drills")
    group.addoption("--topology", metavar="FILE", help="the system to drill (default: the lab, started if it isn't up)")
    group.addoption(
        "--reports",
        metavar="DIR",
        help="where each run gets its folder, and the scorecard and the compliance report are written at the end",
    )
    group.addoption("--timing", choices=TIMINGS, help="how fast the lab is that is started (default: fast)")
    group.addoption("--dry-run", action="store_true", help="check the drills and show every call, but run none")


def read(config: pytest.Config) -> Options:
    """Return the options. Raises ``UsageError`` for what cannot go together."""
    topology, reports = config.getoption("--topology"), config.getoption("--reports")
    options = Options(
        topology=_resolved(topology, config),
        reports=_resolved(reports, config),
        timing=config.getoption("--timing"),
        dry_run=config.getoption("--dry-run"),
    )
    if options.topology is not None and not options.topology.is_file():
        raise UsageError(f"--topology {topology} is not a file: give a YAML file, or none for the lab")
    if options.topology is not None and options.timing is not None:
        raise UsageError("--timing is the lab's, and --topology names another system: give one of them")
    return options


def _resolved(given: str | None, config: pytest.Config) -> Path | None:
    return None if given is None else (config.invocation_params.dir / given).resolve()
