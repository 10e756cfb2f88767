"""What happens between a drill's plan and its verdict: observe, run the experiment, put things right."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chaoslib.experiment import run_experiment

from blackstart.drill.aftermath import watch_after_failback, watch_until_steady
from blackstart.drill.journal import Watcher, keep_journal
from blackstart.drill.lag import LagWatch
from blackstart.drill.restoration import Restoration, fail_back, nothing_open, restore
from blackstart.drill.signals import Signals
from blackstart.events import event_log
from blackstart.experiment import Experiment
from blackstart.observer.plan import Plan
from blackstart.observer.supervision import Observer
from blackstart.platform.setting import Setting
from blackstart.safety import undo_log

CONTROL = {"name": "blackstart", "provider": {"type": "python", "module": "blackstart.control"}}
SETTINGS = {"runtime": {"rollbacks": {"strategy": "always"}}}
"""Chaos Toolkit ignores an experiment's own ``runtime`` block when it is called in-process."""


class Drill:
    """One run of an experiment. Whatever happens, its record ends with how things stand."""

    def __init__(
        self,
        experiment: Experiment,
        here: Setting,
        configuration: dict[str, Any],
        plan: Plan,
        signals: Signals,
        watcher: Watcher,
    ) -> None:
        self._experiment, self._here, self._configuration = experiment, here, configuration
        self._signals, self._watcher = signals, watcher
        self._events = event_log(here.run_dir)
        self._events.listeners.append(watcher.event)
        self._observer = Observer(plan, here.run_dir)
        self._lag: LagWatch | None = None
        self._observed_from = here.clock.now_ns()

    def run(self) -> Restoration:
        """Run to the end, and return how the system stands."""
        self._events.record("started")
        try:
            self._observe()
            self._run_experiment()
        except KeyboardInterrupt:
            pass  # the signal has been noted
        except Exception as error:  # noqa: BLE001 - whatever went wrong, what was done must be put right
            self._record_failure("run the experiment", error)
        finally:
            self._signals.defer()
        interrupted = self._signals.received is not None
        self._record_interruption(interrupted)
        result = self._put_right(interrupted)
        self._record_interruption(not interrupted and self._signals.received is not None)
        self._stop_observing()
        self._events.record("restoration", state=result.state, remaining=list(result.remaining))
        return result

    def _observe(self) -> None:
        self._watcher.phase("starting the observer")
        self._observer.start()
        self._events.record("observer", state="started", detail=None)
        self._observed_from = self._here.clock.now_ns()
        self._watcher.follow(self._observer)
        self._lag = LagWatch(self._here.topology, self._here.run_dir / "history", self._here.clock)
        self._lag.start()

    def _run_experiment(self) -> None:
        content = self._experiment.runnable()
        content.setdefault("configuration", {}).update(self._configuration)
        content.setdefault("controls", []).append(CONTROL)
        with logged(self._here.run_dir), keep_journal(self._here.run_dir, self._signals) as keeper:
            keeper.keep(run_experiment(content, settings=SETTINGS, event_handlers=[keeper]))

    def _put_right(self, interrupted: bool) -> Restoration:
        try:
            if interrupted or not self._failback_due():
                self._watcher.phase("putting things right")
                return self._restore()
            return self._fail_back()
        except Exception as error:  # noqa: BLE001 - the record must end with how things stand
            return Restoration("broken", (f"putting things right failed: {error!r}; run `blackstart restore`",))

    def _restore(self) -> Restoration:
        """Put back or hold, then see that clients are served: words alone restore nothing."""
        changed = not nothing_open(self._here.run_dir)
        result = restore(self._here, self._configuration, self._watcher.note)
        if changed and result.state != "broken":
            self._watcher.note("see that the service is steady")
            stabilisation_s = self._experiment.declaration.objectives.stabilisation_s
            watch_until_steady(self._here, self._configuration, self._events, stabilisation_s)
        return result

    def _failback_due(self) -> bool:
        entries = undo_log.read(self._here.run_dir / undo_log.FILE)
        promoted = any(entry.intent.layer == "data" and entry.open and entry.proved for entry in entries)
        return promoted and self._experiment.declaration.failback

    def _fail_back(self) -> Restoration:
        """Go back under traffic, then see that the service is steady and that nothing was lost on the way."""
        self._watcher.phase("failing back")
        started = self._here.clock.now_ns()
        self._events.record("note", text="failback began")
        cancelled = lambda: self._signals.received is not None  # noqa: E731 - one question, asked in one place
        result = fail_back(self._here, self._configuration, self._watcher.note, cancelled)
        if result.state == "restored":
            ended = self._here.clock.now_ns()
            at = {"earliest": started, "at": ended, "latest": ended}
            self._events.record("phase", name="failed_back", **at, source="the primary serves again")
            stabilisation_s = self._experiment.declaration.objectives.stabilisation_s
            watch_after_failback(self._here, self._configuration, self._events, stabilisation_s)
        return result

    def _stop_observing(self) -> None:
        """Stop the observer, and say over which span every instrument must have data."""
        ended = self._here.clock.now_ns()
        if self._lag is not None:
            self._lag.end()
        if self._observer.alive():
            self._observer.stop()
            self._events.record("observer", state="stopped", detail=None)
        else:
            self._events.record("observer", state="died", detail=self._observer.detail)
        self._events.record("window", **{"from": self._observed_from, "to": ended})

    def _record_interruption(self, happened: bool) -> None:
        if happened:
            self._events.record("interrupted", signal=self._signals.received, phase=self._signals.during)

    def _record_failure(self, name: str, error: Exception) -> None:
        self._events.record(
            "activity", section="method", name=name, type="action", status="failed", error=str(error) or repr(error)
        )


@contextmanager
def logged(run_dir: Path) -> Iterator[None]:
    """Send Chaos Toolkit's log into the run's folder: the terminal is the drill's own.

    The logger is left as it was found: whoever runs the drill in-process may listen to it too.
    """
    logger = logging.getLogger("chaostoolkit")
    before = (logger.handlers, logger.level, logger.propagate)
    file = logging.FileHandler(run_dir / "chaostoolkit.log", encoding="utf-8")
    logger.handlers, logger.propagate = [file], False
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        file.close()
        logger.handlers, logger.propagate = before[0], before[2]
        logger.setLevel(before[1])
