"""The session's end: no drill is left at work, the lab that was started is stopped, the overview is written."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from blackstart.pytest_plugin import gameday
from blackstart.pytest_plugin.gameday import GameDay
from blackstart.pytest_plugin.shared import Halt


@pytest.hookimpl(wrapper=True, trylast=True)  # within the terminal's: what it sums up must be known
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """End what this session began. Workers of pytest-xdist leave it to the process that started them."""
    day = gameday.of(session.config)
    if gameday.is_worker(session.config) or not day.shared.used:
        return (yield)
    from blackstart.drill.signals import Signals  # noqa: PLC0415 - only drills need it

    signals = Signals()
    signals.defer()
    with signals.installed():
        _await_drill(day)
        yield  # pytest-xdist ends its workers here: one that started the lab would keep its ended processes as zombies
        _stop_lab(day)
        _write_overview(day)
    _conclude(session, day)


def _conclude(session: pytest.Session, day: GameDay) -> None:
    halted = day.shared.halted
    if halted is not None:
        session.exitstatus = halted.exit_code
        day.notes.append(halted.reason)
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if day.notes and terminal is not None:
        terminal.ensure_newline()
        terminal.section("drills")
        for note in day.notes:
            terminal.write_line(note)


def _await_drill(day: GameDay) -> None:
    """Interrupt a drill that a worker still runs, and wait until it has put things right.

    pytest-xdist gives its workers ten seconds, then kills them.
    """
    worker = day.shared.whose_turn()
    if worker is None:
        return
    if day.shared.halted is None:
        day.shared.halt(Halt("the session was stopped while a drill was running", int(pytest.ExitCode.INTERRUPTED)))
    try:
        os.kill(worker, signal.SIGTERM)
    except ProcessLookupError:
        return  # the kernel has freed its lock already
    with day.shared.turn():
        pass


def _stop_lab(day: GameDay) -> None:
    name = day.shared.started_lab
    if name is None:
        return
    if day.shared.unfinished is not None:
        day.notes.append(f"lab {name} stays up: something in it is still to do")
        return
    from blackstart.drill import target  # noqa: PLC0415 - only drills need it

    target.stop(name)


def _write_overview(day: GameDay) -> None:
    if day.options.reports is None or day.options.dry_run or not any(day.options.reports.glob("*/verdict.json")):
        return
    from blackstart.clock import SystemClock  # noqa: PLC0415 - only drills need it
    from blackstart.pytest_plugin import overview  # noqa: PLC0415 - as above

    try:
        for path in overview.write(day.options.reports, SystemClock()):
            day.notes.append(f"written: {path}")
    except Exception as error:  # noqa: BLE001 - what is left to do must be said, whatever an overview fails of
        day.notes.append(f"the overview of {day.options.reports} could not be written: {error}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the plans of a dry run."""
    for report in terminalreporter.stats.get("skipped", []):
        for name, text in getattr(report, "sections", ()):
            if gameday.PLAN in name:
                terminalreporter.section(f"{report.nodeid}: would run", sep="-")
                terminalreporter.write_line(text)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the session's processes shared."""
    if gameday.KEY in config.stash:
        gameday.of(config).shared.remove()
