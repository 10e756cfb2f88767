"""Putting things right: from the undo log alone, by the process that ran the drill or by any later one.

Undo is not the reverse of everything. Before a promotion all that was done is reverted. After it, the faults end,
the failover is completed and the system *holds* in the standby; ``failback`` then goes back, forward.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from blackstart import action_packages
from blackstart.events import event_log
from blackstart.platform import aurora, aws
from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY, Setting
from blackstart.probes.capacity import capacity_reached
from blackstart.probes.replication import replicating
from blackstart.probes.traffic import serving_region
from blackstart.safety import undo_log
from blackstart.safety.act import NotProvedError, eventually
from blackstart.safety.act import undo_log as log_of
from blackstart.safety.undo_log import Call, Entry

Note = Callable[[str], None]

FAILBACK_ORDER = ("data", "names", "traffic", "capacity")
"""Data first, so that names and traffic never lead to a database that takes no writes; capacity goes last."""

DISARM = "blackstart.actions.failover_automation.disable_failover_automation"


@dataclass(frozen=True)
class Restoration:
    """How the system stands. ``remaining`` says what is still to be done, in words."""

    state: Literal["restored", "holding", "broken"]
    remaining: tuple[str, ...] = ()


def nothing_open(run_dir: Path) -> bool:
    """Return true when a run has nothing left to put back."""
    return not any(entry.open for entry in undo_log.read(run_dir / undo_log.FILE))


def nothing_promoted(run_dir: Path) -> bool:
    """Return true when no promotion of the run is still to be answered."""
    return not any(e.open and e.intent.layer == "data" for e in undo_log.read(run_dir / undo_log.FILE))


def restore(here: Setting, configuration: dict[str, Any], note: Note) -> Restoration:
    """End the faults; then revert everything, or complete the failover if the writer has moved."""
    if nothing_open(here.run_dir):
        return Restoration("restored")
    armed = _disarm(here, configuration, note)
    broken = armed + _undo("fault", here, configuration, note) + _undo("evidence", here, configuration, note)
    moved = _moved(here, note)
    if moved is None:
        return Restoration("broken", (*broken, "the database's change of roles did not end: run restore again"))
    if moved:
        return _hold(here, configuration, note, broken)
    # Nothing is put back that the system's own automation could move again meanwhile.
    return Restoration("broken", tuple(broken)) if armed else _revert(here, configuration, note, broken)


class CancelledError(Exception):
    """Somebody asked to stop while stopping is still safe."""


def fail_back(
    here: Setting, configuration: dict[str, Any], note: Note, cancelled: Callable[[], bool] = lambda: False
) -> Restoration:
    """Go back to the region that wrote before: the old primary has rejoined, its pods are ready, then step by step.

    ``cancelled`` is asked while the old primary is awaited; once roles begin to change the failback runs to its end.
    """
    if nothing_open(here.run_dir):
        return Restoration("restored")
    broken = (
        _disarm(here, configuration, note)
        + _undo("fault", here, configuration, note)
        + _undo("evidence", here, configuration, note)
    )
    if broken:
        return Restoration("broken", tuple(broken))
    if _moved(here, note):
        try:
            broken = _await_rejoin(here, note, cancelled) or _undo("data", here, configuration, note)
        except CancelledError:
            return _hold(here, configuration, note, [])
        if broken:
            return _worst(_hold(here, configuration, note, []), broken)
    return _revert(here, configuration, note, [])


def _revert(here: Setting, configuration: dict[str, Any], note: Note, broken: list[str]) -> Restoration:
    """Put back whatever is open, in an order in which names and traffic never lead to a database without a writer."""
    for layer in FAILBACK_ORDER:
        broken += _undo(layer, here, configuration, note)
    if not broken:
        broken = _verify(here, here.topology.primary, note) or _undo("automation", here, configuration, note)
    return Restoration("broken", tuple(broken)) if broken else Restoration("restored")


def _disarm(here: Setting, configuration: dict[str, Any], note: Note) -> list[str]:
    """Still the system's own automation before anything is put back, if this run had to do with it."""
    if not any(entry.intent.layer == "automation" for entry in undo_log.read(_log(here))):
        return []
    note("disarm the failover automation")
    reason = _try(partial(call, Call(DISARM, {}), configuration))
    return [f"the failover automation is not disarmed: {reason}"] if reason else []


def _worst(held: Restoration, broken: list[str]) -> Restoration:
    """Return how the system stands after a failback that could not begin: it holds, if the standby serves."""
    return Restoration(held.state, (*broken, *held.remaining))


def call(step: Call, configuration: dict[str, Any]) -> None:
    """Call an action that a log names, if it is blackstart's own or of a package that offers its actions."""
    module, _, function = step.action.rpartition(".")
    if not action_packages.offers(module):
        raise LookupError(
            f"{step.action} is no action of blackstart or of a package that offers its own (entry point "
            f"{action_packages.GROUP}): install that package, or mend the undo log by hand"
        )
    output = getattr(importlib.import_module(module), function)(**step.arguments, configuration=configuration)
    if isinstance(output, dict) and output.get("doubt"):
        event_log(Path(configuration[RUN_KEY])).record("doubt", text=output["doubt"])


def configuration_of(topology: str, here: Setting) -> dict[str, Any]:
    """Return the configuration by which actions find their setting."""
    return {TOPOLOGY_KEY: topology, RUN_KEY: str(here.run_dir)}


def _undo(layer: str, here: Setting, configuration: dict[str, Any], note: Note) -> list[str]:
    """Put a layer's subjects back, newest first; return what could not be. One failure does not spare the others.

    Of several acts on one subject only the first recorded what was there before the drill: its inverse answers all.
    """
    broken: list[str] = []
    subjects: dict[str, list[Entry]] = {}
    for entry in undo_log.read(_log(here)):
        if entry.open and entry.intent.layer == layer:
            subjects.setdefault(entry.intent.subject, []).append(entry)
    for entries in reversed(subjects.values()):
        first = entries[0]
        inverse = first.intent.inverse
        assert inverse is not None
        note(f"put back as it was: {first.intent.subject}")
        reason = _try(partial(call, inverse, configuration))
        _record(here, entries, reason)
        broken += [f"{first.intent.target}: {reason}"] if reason else []
    return broken


def _record(here: Setting, entries: list[Entry], reason: str | None) -> None:
    """Say of each entry how putting its subject back went, where the act itself has not said so."""
    still_open = {entry.id for entry in undo_log.read(_log(here)) if entry.open}
    for entry in entries:
        if reason:
            log_of(here.run_dir).undo_failed(entry.id, reason)
        elif entry.id in still_open:
            log_of(here.run_dir).undone(entry.id, "its subject is as it was before the drill")


def _hold(here: Setting, configuration: dict[str, Any], note: Note, broken: list[str]) -> Restoration:
    """Complete the failover: every step of the runbook, each of which does nothing where it was done."""
    runbook = undo_log.read_plan(_log(here)).runbook
    for step in runbook:
        note(f"complete the failover: {step.action.rpartition('.')[2]}")
        reason = _try(partial(call, step, configuration))
        if reason:
            broken.append(f"{step.action.rpartition('.')[2]}: {reason}")
    if not broken:
        # A runbook that moves the database alone may leave the traffic where it is.
        moves_traffic = any(step.action.endswith(".turn_dials") for step in runbook)
        broken = _serving(here, here.topology.standby if moves_traffic else None, note)
    return Restoration("broken", tuple(broken)) if broken else Restoration("holding", ("failback",))


def _moved(here: Setting, note: Note) -> bool | None:
    """Return whether the writer is elsewhere than before the drill; None where a change of roles does not end.

    The service is asked, never the log alone: a promotion that was recorded may have been answered since.
    """
    moves = [e for e in undo_log.read(_log(here)) if e.intent.layer == "data" and e.intent.kind == "forward_only"]
    if not moves:
        return False
    note("ask the database which region writes")
    seen: list[str] = []

    def settled() -> str:
        state = aurora.describe(here.topology, here.topology.standby)
        if not state.settled:
            raise NotProvedError(f"global cluster is {state.status}, role change {state.failover}")
        seen.append(state.writer)
        return state.writer

    return None if _eventually(here, settled) else seen[-1] != moves[0].intent.before["writer"]


def _await_rejoin(here: Setting, note: Note, cancelled: Callable[[], bool]) -> list[str]:
    note("wait until the old primary has rejoined, caught up, and has its pods")
    configuration = configuration_of(undo_log.read_plan(_log(here)).topology, here)

    def ready() -> str:
        if cancelled():
            raise CancelledError
        replicating("standby", configuration)
        capacity_reached("primary", configuration)
        return "the old primary follows and has its pods"

    return _eventually(here, ready)


def _verify(here: Setting, region: str, note: Note) -> list[str]:
    """Check that the region serves, its pods are there, and the database is settled and replicating."""
    note(f"verify that {region} serves and that everything is back")
    configuration = configuration_of(undo_log.read_plan(_log(here)).topology, here)

    def back() -> str:
        replicating(region, configuration)
        capacity_reached(region, configuration)
        return _serves(region, configuration)

    return _eventually(here, back)


def _serving(here: Setting, region: str | None, note: Note) -> list[str]:
    note(f"verify that {region or 'a region'} serves")
    configuration = configuration_of(undo_log.read_plan(_log(here)).topology, here)
    return _eventually(here, lambda: _serves(region, configuration))


def _serves(region: str | None, configuration: dict[str, Any]) -> str:
    server = serving_region(configuration)
    if region is not None and server != region:
        raise NotProvedError(f"{server or 'nobody named'} answers at the entry, not {region}")
    return f"{server} answers at the entry"


def _eventually(here: Setting, check: Callable[[], str]) -> list[str]:
    try:
        eventually(here, check)
    except NotProvedError as error:
        return [str(error)]
    return []


def _try(step: Callable[[], object]) -> str | None:
    try:
        step()
    except Exception as error:  # noqa: BLE001 - whatever one step raises, the others must still be tried
        return aws.explain(error) or type(error).__name__
    return None


def _log(here: Setting) -> Path:
    return here.run_dir / undo_log.FILE
