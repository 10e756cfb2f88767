"""A failover that the system makes by itself: expected before the fault, as data to go back by, then awaited.

Nothing here changes the system. What its own automation moves is recorded as if the drill moved it, so that putting
things right and the failback know what was there before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.actions import database, deployment, records, traffic_dials
from blackstart.events import event_log
from blackstart.platform import accelerator, aurora, aws, failover_controller, kubernetes
from blackstart.platform.setting import Setting, setting
from blackstart.safety import undo_log
from blackstart.safety.act import POLL_S, NotProvedError
from blackstart.safety.act import undo_log as log_of
from blackstart.safety.undo_log import Call, Entry, Intent

__all__ = ["await_failover", "expect_failover"]

EXPECT = "blackstart.actions.automated_failover.expect_failover"
NS = 1_000_000_000


@dataclass(frozen=True)
class _Move:
    """One thing that a failover moves: what it is, the phase that begins with it, and how it is seen."""

    intent: Intent
    there: bool
    phase: str | None
    look: Callable[[], str]


def expect_failover(region: str = "standby", configuration: Configuration = None) -> dict[str, Any]:
    """Record what the system's own automation will move, and what is there now (forward-only for the database).

    :param region: ``primary``, ``standby`` or a region's name: where the automation moves the system
    """
    here = setting(configuration)
    target = here.topology.region_named(region)
    expected = [move.intent for move in _moves(here, target) if not move.there]
    log = log_of(here.run_dir)
    for intent in expected:
        try:
            log.intend(intent)
        except OSError as error:
            raise ActivityFailed(f"{intent.target}: could not be recorded: {error}") from error
    return {"evidence": f"recorded what there is now: {', '.join(intent.subject for intent in expected)}"}


def await_failover(
    region: str = "standby", within_s: float | None = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Wait until everything that was expected has moved, and prove each: who writes, names, pods, traffic.

    :param region: as in ``expect_failover``
    :param within_s: how long after the fault all must have moved; the topology's patience by default
    """
    here = setting(configuration)
    target = here.topology.region_named(region)
    entries = undo_log.read(here.run_dir / undo_log.FILE)
    open_ = {e.intent.subject: e for e in entries if e.open and e.intent.call.action == EXPECT and not e.proved}
    awaited = [(open_[m.intent.subject], m) for m in _moves(here, target) if m.intent.subject in open_]
    if not awaited:
        raise ActivityFailed("no failover is expected: let expect_failover record what will move, before the fault")
    since = max([e.called_ns for e in entries if e.intent.role == "fault" and e.called_ns] or [here.clock.now_ns()])
    limit = here.topology.patience if within_s is None else within_s
    reasons = _watch(here, awaited, since, limit)
    if reasons:
        raise ActivityFailed(
            f"not all has moved {limit:g} s after the fault; the failover controller is {_controller(here)}; "
            + "; ".join(reasons)
        )
    return {"evidence": f"all has moved to {target} by itself"}


def _watch(here: Setting, awaited: list[tuple[Entry, _Move]], since: int, within_s: float) -> list[str]:
    """Look at all of them in turn until each has moved; return why the others have not in time."""
    unseen = dict.fromkeys(range(len(awaited)), since)
    while True:
        reasons = []
        for number, last in list(unseen.items()):
            entry, move = awaited[number]
            began = here.clock.now_ns()
            try:
                evidence = move.look()
            except (NotProvedError, OSError, LookupError, *aws.AwsError, *here.client_errors) as error:
                unseen[number] = began
                reasons.append(f"{move.intent.subject}: {aws.explain(error)}")
            else:
                _seen(here, entry, move, (last, evidence))
                del unseen[number]
        if not unseen:
            return []
        if here.clock.now_ns() - since > within_s * NS:
            for number, reason in zip(unseen, reasons, strict=True):
                log_of(here.run_dir).failed(awaited[number][0].id, reason)
            return reasons
        here.clock.sleep(POLL_S)


def _seen(here: Setting, entry: Entry, move: _Move, told: tuple[int, str]) -> None:
    """Record that it has moved: after it was last seen unmoved, before now."""
    earliest, evidence = told
    now = here.clock.now_ns()
    log = log_of(here.run_dir)
    log.acted(entry.id, earliest, now)
    log.proved(entry.id, evidence)
    if move.phase:
        at = {"earliest": earliest, "at": now, "latest": now}
        event_log(here.run_dir).record("phase", name=move.phase, **at, source=f"observed: {evidence}")


def _moves(here: Setting, target: str) -> list[_Move]:
    found = [_writer(here, target), _pods(here, target), _dials(here, target)]
    wanted = records.wanted_records(here, target)
    if wanted:
        before = records.pointed_at(here, wanted)
        there = before == {name: endpoint for name, (_, endpoint) in wanted.items()}
        intent = records.point_intent(here, target, sorted(wanted), before)
        found.append(_Move(_by_itself(target, intent), there, None, lambda: records.answers(here, wanted)))
    return found


def _writer(here: Setting, target: str) -> _Move:
    writer = aurora.describe(here.topology, target).writer
    intent = database.move_intent(here, "promote_database", target, writer, "recovery")
    look = partial(database.accepts_writes, here, target)
    return _Move(_by_itself(target, intent), writer == target, "promoted", look)


def _pods(here: Setting, target: str) -> _Move:
    wanted = here.topology.regions[target].kubernetes.replicas
    before = kubernetes.wanted_replicas(here.topology, target)
    intent = deployment.scale_intent(here, target, before, wanted, ("scale_up", "scale_down"))
    look = partial(deployment.has_pods, here, target, wanted)
    return _Move(_by_itself(target, intent), before == wanted, "capacity", look)


def _dials(here: Setting, target: str) -> _Move:
    before = {region: group.dial for region, group in accelerator.groups(here.topology).items()}
    wanted = {region: 100.0 if region == target else 0.0 for region in before}
    intent = traffic_dials.dials_intent(wanted, before)
    look = partial(traffic_dials.routes, here, wanted)
    return _Move(_by_itself(target, intent), before == wanted, "routed", look)


def _by_itself(target: str, intent: Intent) -> Intent:
    return replace(
        intent, call=Call(EXPECT, {"region": target}), target=f"{intent.target} (by the system's own automation)"
    )


def _controller(here: Setting) -> str:
    try:
        doing = failover_controller.doing(here.topology)
    except (LookupError, *aws.AwsError) as error:
        return f"not known to do anything ({aws.explain(error)})"
    return f"{'running' if doing.running else 'idle'} ({doing.words})"
