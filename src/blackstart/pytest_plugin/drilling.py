"""The ``drill`` of a test: runs the marked experiment in this process, once."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from blackstart import experiment
from blackstart.clock import SystemClock
from blackstart.drill import run
from blackstart.drill.target import System
from blackstart.outcome import BlackstartError, Exit
from blackstart.pytest_plugin import allure_results, explanation, properties
from blackstart.pytest_plugin.gameday import GameDay
from blackstart.pytest_plugin.marker import Marked
from blackstart.pytest_plugin.result import Result
from blackstart.pytest_plugin.shared import Halt
from blackstart.pytest_plugin.telling import Telling

TIME_LIMIT = "SIGALRM"


class Drill:
    """One drill on the session's system. ``result`` is None until it was run."""

    def __init__(self, marked: Marked, gameday: GameDay, item: pytest.Item) -> None:
        self._marked, self._gameday, self._item = marked, gameday, item
        self.result: Result | None = None

    def run(self) -> Result:
        """Run the drill to its end: put right, judged, its report written.

        Fails the test where it cannot begin, or was interrupted, or where something is left to be put right. What came
        out otherwise is for the test to judge: ``met()``.
        """
        __tracebackhide__ = True
        self._check()
        try:
            ended = _run(self._marked, self._gameday)
        except BlackstartError as error:
            pytest.fail(f"{self._marked.experiment} was not run: {error}", pytrace=False)
        self.result = Result(ended.run_dir, ended.verdict)
        properties.record(self._item, ended.verdict, ended.run_dir)
        allure_results.tell(self._item, ended.verdict, ended.run_dir)
        halt = _halt(ended.verdict, ended.run_dir, ended.exit_code, ended.interrupted)
        if halt is not None:
            self._gameday.shared.halt(halt)
            pytest.fail(explanation.of(ended.verdict, ended.run_dir, ended.interrupted), pytrace=False)
        return self.result

    def _check(self) -> None:
        __tracebackhide__ = True
        if self.result is not None:
            pytest.fail("this test has run its drill already: one drill a test", pytrace=False)
        halted = self._gameday.shared.halted
        refusal = halted.reason if halted is not None else self._gameday.refusal
        if refusal is not None:
            pytest.fail(f"{self._marked.experiment} was not run: {refusal}", pytrace=False)
        if threading.current_thread() is not threading.main_thread():
            pytest.fail("a drill must run in the main thread: only there can it be interrupted safely", pytrace=False)


def _run(marked: Marked, gameday: GameDay) -> run.Ended:
    clock = SystemClock()
    loaded = experiment.load(marked.experiment)
    run.check(loaded)
    system = System(gameday.topology, gameday.shared.started_lab)
    request = run.Request(loaded, system, None, marked.objectives, gameday.reports)
    gameday.shared.unfinished = marked.experiment
    try:
        with Telling(sys.stdout, clock, gameday.config) as watch:
            return run.run(request, watch, clock)
    except BaseException as error:
        if system.keep:
            reason = f"{loaded.name} ended unexpectedly ({type(error).__name__}: {error}): run `blackstart restore`"
            gameday.shared.halt(Halt(reason, int(Exit.BROKEN)))
        raise
    finally:
        if not system.keep:
            gameday.shared.unfinished = None


def _halt(verdict: dict[str, Any], run_dir: Path, exit_code: Exit, interrupted: str | None) -> Halt | None:
    """Return why no further drill may follow this one; None where one may."""
    name = verdict.get("experiment")
    if exit_code in (Exit.BROKEN, Exit.HOLDING):
        state = "something is still broken" if exit_code is Exit.BROKEN else "the system holds in the standby"
        return Halt(f"{state} after {name}: run `{explanation.next_step(verdict, run_dir)}`", int(exit_code))
    if interrupted is not None:
        by = "its time limit" if interrupted == TIME_LIMIT else interrupted
        return Halt(f"{name} was interrupted by {by}; everything was put right", int(pytest.ExitCode.INTERRUPTED))
    return None
