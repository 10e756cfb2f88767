"""A drill's plan: every call that it would make and what each is aimed at, without making any."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blackstart import experiment
from blackstart import topology as topology_file
from blackstart.drill import preflight, run
from blackstart.drill.target import System
from blackstart.experiment import Experiment
from blackstart.pytest_plugin.gameday import LAB, GameDay
from blackstart.pytest_plugin.marker import Marked
from blackstart.topology import Topology


def lines(marked: Marked, day: GameDay) -> list[str]:
    """Return the plan. Raises ``UsageError`` where the experiment, or what it names in the topology, is not valid."""
    loaded = experiment.load(marked.experiment)
    run.check(loaded)
    path = day.options.topology or _lab_topology()
    system = None if path is None else topology_file.load(path)
    if system is not None and path is not None:
        preflight.check_names(loaded, system)
        loaded = run.settled(run.Request(loaded, System(path), None, marked.objectives), system)
    else:
        loaded = loaded.with_objectives(marked.objectives)
    return list(_told(loaded, system))


def _lab_topology() -> Path | None:
    """Return the topology of the lab that is up; None where none is: a dry run starts nothing."""
    try:
        from blackstart.lab import door  # noqa: PLC0415 - the lab is optional
    except ImportError:
        return None
    running = door.running(LAB)
    return running.topology_path if running is not None and running.topology_path.exists() else None


def _told(drill: Experiment, system: Topology | None) -> Iterator[str]:
    where = f"{system.name} ({system.kind})" if system else "the lab, which is not up: it would be started"
    yield f"{drill.name}: {drill.title}"
    yield f"  system: {where}"
    yield f"  objectives: {_objectives(drill)}"
    hypothesis = drill.content.get("steady-state-hypothesis") or {}
    for section, activities in (
        ("steady state", hypothesis.get("probes") or []),
        ("method", drill.method),
        ("rollbacks", drill.content.get("rollbacks") or []),
    ):
        yield from (f"  {section}: {_call(activity, system)}" for activity in activities)
    if drill.declaration.failback:
        yield "  afterwards: failback to the primary"


def _objectives(drill: Experiment) -> str:
    given = drill.declaration.objectives.model_dump(exclude_none=True, exclude_defaults=True)
    return ", ".join(f"{name} {value}" for name, value in given.items())


def _call(activity: dict[str, Any], system: Topology | None) -> str:
    provider = activity.get("provider") or {}
    arguments = provider.get("arguments") or {}
    called = f"{provider.get('module', provider.get('type'))}.{provider.get('func', '')}".rstrip(".")
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    aimed = "; ".join(_targets(arguments, system)) if system else ""
    return f"{activity['type']} {activity['name']!r}: {called}({given})" + (f" -> {aimed}" if aimed else "")


def _targets(arguments: dict[str, Any], system: Topology) -> Iterator[str]:
    """Say which accounts, regions and templates the arguments stand for."""
    regions = [arguments["region"]] if "region" in arguments else list(arguments.get("dials") or ())
    for region in regions:
        name = system.region_named(region)
        yield f"{name}, account {system.regions[name].account}"
    if "dials" in arguments:
        yield f"accelerator {system.accelerator.arn}"
    template = system.fault_injection.get(str(arguments.get("template")))
    if template is not None:
        yield f"FIS template {template.template}, called in {template.region}"
