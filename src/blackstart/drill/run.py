"""One drill, from what was asked for to the exit code."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chaoslib.configuration import load_configuration
from chaoslib.exceptions import ChaosException
from chaoslib.experiment import ensure_experiment_is_valid

from blackstart import judge
from blackstart.clock import Clock
from blackstart.drill import folder, instruments, preflight
from blackstart.drill.description import describe
from blackstart.drill.execution import Drill
from blackstart.drill.journal import Watcher
from blackstart.drill.signals import Signals
from blackstart.drill.target import System
from blackstart.experiment import Experiment
from blackstart.outcome import Exit, UsageError
from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY, setting
from blackstart.report import documents
from blackstart.safety.lock import only_drill
from blackstart.topology import Topology

logger = logging.getLogger("blackstart")


@dataclass(frozen=True)
class Request:
    """What a drill was asked to do, and on which system.

    ``objectives`` beat the topology's, which beat the experiment's own. The run's folder is ``out``, else a new one
    below ``reports``.
    """

    experiment: Experiment
    system: System
    out: Path | None
    objectives: Mapping[str, float] = field(default_factory=dict)
    reports: Path = folder.REPORTS


@dataclass(frozen=True)
class Ended:
    """How a drill ended. ``interrupted`` names the signal that stopped it, or came while things were put right."""

    run_dir: Path
    verdict: dict[str, Any]
    exit_code: Exit
    interrupted: str | None = None


def check(experiment: Experiment) -> None:
    """Let Chaos Toolkit validate the experiment. Raises ``UsageError``."""
    try:
        ensure_experiment_is_valid(experiment.runnable())
        load_configuration(experiment.runnable().get("configuration", {}))
    except ChaosException as error:
        raise UsageError(f"experiment {experiment.name}: {str(error).splitlines()[0]}; mend it there") from error


def run(request: Request, watcher: Watcher, clock: Clock) -> Ended:
    """Run a drill. Raises ``UsageError`` or ``RefusedError`` while nothing has been changed yet."""
    check(request.experiment)
    topology_path = request.system.topology.resolve()
    with ExitStack() as stack:
        stack.enter_context(only_drill(topology_path))
        run_dir = folder.choose(request.experiment.name, request.out, clock, request.reports)
        configuration = {TOPOLOGY_KEY: str(topology_path), RUN_KEY: str(run_dir)}
        here = setting(configuration)
        experiment = settled(request, here.topology)
        watcher.phase("looking at every target")
        preflight.check(experiment, here)
        describe(run_dir, experiment, here.topology, topology_path, request.system.started, clock)
        signals = Signals(lambda: watcher.current)
        stack.enter_context(signals.installed())
        plan = instruments.plan(experiment, here.topology, run_dir, here.mark)
        # From here on the system may be left in need of its lab, whatever happens.
        request.system.keep = True
        restoration = Drill(experiment, here, configuration, plan, signals, watcher).run()
        request.system.keep = restoration.state != "restored"
        return replace(conclude(run_dir), interrupted=signals.received)


def settled(request: Request, topology: Topology) -> Experiment:
    """Return the experiment with the objectives that hold for this drill."""
    here = topology.objectives.get(request.experiment.name)
    return request.experiment.with_objectives({**(here.given() if here else {}), **request.objectives})


def conclude(run_dir: Path) -> Ended:
    """Judge a finished run, write its report, and say with which code to exit."""
    verdict = judge.write(run_dir)
    problem = documents.write(run_dir).problem
    if problem:
        logger.warning(problem)
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
