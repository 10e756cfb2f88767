"""One drill, from the plan to the verdict."""

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoslib.exceptions import ChaosException
from chaoslib.experiment import ensure_experiment_is_valid, run_experiment

from blackstart import judge
from blackstart.clock import Clock
from blackstart.drill import folder, instruments, preflight
from blackstart.drill.journal import Watcher, keep_journal
from blackstart.drill.restoration import Restoration, fail_back, restore
from blackstart.drill.signals import Signals
from blackstart.events import EventLog, event_log
from blackstart.experiment import Experiment
from blackstart.observer.supervision import Observer
from blackstart.outcome import Exit, UsageError
from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY, Setting, setting
from blackstart.probes.recovery import service_steady
from blackstart.probes.survivors import surviving_orders
from blackstart.report import page
from blackstart.safety import undo_log
from blackstart.safety.lock import only_drill

MARGIN_S = 0.5
"""How much longer than the stabilisation window the service is watched after a failback, seconds: the judge dates the
window by the probes' own times."""


@dataclass(frozen=True)
class Request:
    """What a drill was asked to do. ``lab`` names the lab that was started for it, if one was."""

    experiment: Experiment
    topology_path: Path
    out: Path | None
    lab: str | None


@dataclass(frozen=True)
class Ended:
    """How a drill ended."""

    run_dir: Path
    verdict: dict[str, Any]
    exit_code: Exit


def check(experiment: Experiment) -> None:
    """Let Chaos Toolkit validate the experiment. Raises ``UsageError``."""
    try:
        ensure_experiment_is_valid(experiment.runnable())
    except ChaosException as error:
        raise UsageError(f"experiment {experiment.name}: {str(error).splitlines()[0]}; mend it there") from error


def run(request: Request, watcher: Watcher, clock: Clock) -> Ended:
    """Run a drill. Raises ``UsageError`` or ``RefusedError`` while nothing has been changed yet."""
    check(request.experiment)
    with ExitStack() as stack:
        stack.enter_context(only_drill(request.topology_path))
        run_dir = folder.choose(request.experiment, request.out, clock)
        here = setting(_configuration(request, run_dir))
        watcher.phase("looking at every target")
        preflight.check(request.experiment, here)
        folder.describe(run_dir, request.experiment, here.topology, request.topology_path, request.lab, clock)
        signals = Signals(watcher.note)
        stack.enter_context(signals.installed())
        _drill(request, here, signals, watcher)
    return conclude(run_dir)


def conclude(run_dir: Path) -> Ended:
    """Judge a finished run, write its report, and say with which code to exit."""
    verdict = judge.write(run_dir)
    page.write(run_dir)
    return Ended(run_dir, verdict, exit_code(verdict))


def exit_code(verdict: dict[str, Any]) -> Exit:
    """Return the exit code of a verdict: broken beats holding beats the outcome."""
    match (verdict["restoration"] or {}).get("state"):
        case "broken":
            return Exit.BROKEN
        case "holding":
            return Exit.HOLDING
    outcomes = {"met": Exit.MET, "missed": Exit.MISSED, "aborted": Exit.ABORTED, "refused": Exit.REFUSED}
    return outcomes.get(verdict["outcome"], Exit.INCONCLUSIVE)


def _drill(request: Request, here: Setting, signals: Signals, watcher: Watcher) -> None:
    """Observe, run the experiment, put things right; whatever happens, the record ends with how things stand."""
    events = event_log(here.run_dir)
    events.listeners.append(watcher.event)
    events.record("started")
    observer = Observer(instruments.plan(request.experiment, here.topology, here.run_dir), here.run_dir)
    began = here.clock.now_ns()
    try:
        watcher.phase("starting the observer")
        observer.start()
        events.record("observer", state="started", detail=None)
        began = here.clock.now_ns()
        watcher.follow(observer)
        interrupted = _experiment(request, here, signals, watcher)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        signals.defer()
    if interrupted:
        events.record("interrupted", signal=signals.received, phase=watcher.current)
    try:
        result = _put_right(request, here, interrupted, signals, watcher)
    except Exception as error:  # noqa: BLE001 - the record must end with how things stand, whatever went wrong
        result = Restoration("broken", (f"putting things right failed: {error!r}; run `blackstart restore`",))
    if signals.received and not interrupted:
        events.record("interrupted", signal=signals.received, phase=watcher.current)
    _stop(observer, events, began, here)
    events.record("restoration", state=result.state, remaining=list(result.remaining))


def _experiment(request: Request, here: Setting, signals: Signals, watcher: Watcher) -> bool:
    """Let Chaos Toolkit run the experiment; return whether a person interrupted it."""
    content = request.experiment.runnable()
    content.setdefault("configuration", {}).update(_configuration(request, here.run_dir))
    content.setdefault("controls", []).append(
        {"name": "blackstart", "provider": {"type": "python", "module": "blackstart.control"}}
    )
    _quiet(here.run_dir)
    with keep_journal(here.run_dir, signals, watcher) as handler:
        handler.keep(
            run_experiment(
                content,
                # Read by nobody but this call: the experiment's own runtime block is ignored in-process.
                settings={"runtime": {"rollbacks": {"strategy": "always"}}},
                event_handlers=[handler],
            )
        )
    return signals.received is not None


def _put_right(request: Request, here: Setting, interrupted: bool, signals: Signals, watcher: Watcher) -> Restoration:
    configuration = _configuration(request, here.run_dir)
    entries = undo_log.read(here.run_dir / undo_log.FILE)
    promoted = any(entry.intent.layer == "data" and entry.proved for entry in entries)
    if interrupted or not (promoted and request.experiment.declaration.failback):
        watcher.phase("putting things right")
        return restore(here, configuration, watcher.note)
    watcher.phase("failing back")
    return _fail_back(request, here, configuration, signals, watcher)


def _fail_back(
    request: Request, here: Setting, configuration: dict[str, Any], signals: Signals, watcher: Watcher
) -> Restoration:
    """Go back under traffic, then see that the service is steady and that nothing was lost on the way."""
    events = event_log(here.run_dir)
    started = here.clock.now_ns()
    events.record("note", text="failback began")
    result = fail_back(here, configuration, watcher.note, lambda: signals.received is not None)
    ended = here.clock.now_ns()
    if result.state != "restored":
        return result
    events.record(
        "phase", name="failed_back", earliest=started, at=ended, latest=ended, source="the primary serves again"
    )
    settle_s = request.experiment.declaration.objectives.stabilisation_s + MARGIN_S
    _read_after_failback(here, configuration, events, settle_s)
    return result


def _read_after_failback(here: Setting, configuration: dict[str, Any], events: EventLog, settle_s: float) -> None:
    """Record the steady state and the survivors after the failback, as activities: a failure is evidence too."""
    for name, reading in (
        ("the service is steady after the failback", lambda: service_steady(settle_s, configuration=configuration)),
        (
            "read the orders back from the primary",
            lambda: surviving_orders("primary", "after-failback", configuration=configuration),
        ),
    ):
        started = here.clock.now_ns()
        error = None
        try:
            reading()
        except (ChaosException, LookupError, OSError, *here.client_errors) as failure:
            error = str(failure)
        events.record(
            "activity",
            section="failback",
            name=name,
            type="probe",
            started=started,
            ended=here.clock.now_ns(),
            status="failed" if error else "succeeded",
            error=error,
        )


def _stop(observer: Observer, events: EventLog, began: int, here: Setting) -> None:
    """Stop the observer, and say over which span every instrument must have data."""
    ended = here.clock.now_ns()
    alive = observer.alive()
    if alive:
        observer.stop()
        events.record("observer", state="stopped", detail=None)
    else:
        events.record("observer", state="died", detail=observer.detail)
    events.record("window", **{"from": began, "to": ended})


def _configuration(request: Request, run_dir: Path) -> dict[str, Any]:
    """Return the configuration by which actions and probes find their setting."""
    return {TOPOLOGY_KEY: str(request.topology_path.resolve()), RUN_KEY: str(run_dir)}


def _quiet(run_dir: Path) -> None:
    """Send Chaos Toolkit's log into the run's folder: the terminal is the drill's own."""
    logger = logging.getLogger("chaostoolkit")
    logger.handlers = [logging.FileHandler(run_dir / "chaostoolkit.log", encoding="utf-8")]
    logger.setLevel(logging.INFO)
    logger.propagate = False
