"""What the system's own alarms tell of a fault: when it was detected, and when they started the failover."""

import json
from typing import Any

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.clock import Anchor, Offset
from blackstart.platform import alarms
from blackstart.platform.alarms import Item, Kind
from blackstart.platform.setting import Setting, setting
from blackstart.safety import undo_log

__all__ = ["failover_started", "fault_detected"]

POLL_S = 0.1
NS = 1_000_000_000
RAISED = " to ALARM"
SUCCEEDED = "Successfully executed action"


def fault_detected(
    within_s: float | None = None, required: bool = True, configuration: Configuration = None
) -> dict[str, Any]:
    """Return the phase ``detected``: when the first of the system's alarms went into ALARM after the fault.

    The instant is the alarm's own, from its history; its bounds are those of reading another clock.

    :param within_s: how long after the fault an alarm must have been raised; the topology's patience by default
    :param required: whether a fault that no alarm saw fails the drill; without alarms nothing is asked then
    """
    here = setting(configuration)
    if not required and here.topology.automation is None:
        return {"evidence": "the topology names no alarms"}
    item = _first(here, "StateUpdate", RAISED, within_s)
    if item is None and required:
        raise ActivityFailed(f"no alarm was raised in time: {_states(here)}")
    return {"evidence": f"no alarm was raised: {_states(here)}"} if item is None else _phase("detected", item)


def failover_started(within_s: float | None = None, configuration: Configuration = None) -> dict[str, Any]:
    """Return the phase ``decided``: when an alarm's action was executed, which starts the failover controller.

    :param within_s: how long after the fault it must have been executed; the topology's patience by default
    """
    here = setting(configuration)
    item = _first(here, "Action", alarms.automation(here.topology).controller.function, within_s)
    if item is None:
        raise ActivityFailed(f"no alarm started the failover controller in time: {_states(here)}")
    if not item.summary.startswith(SUCCEEDED):
        raise ActivityFailed(f"alarm {item.alarm} could not start the failover controller: {item.summary}")
    return _phase("decided", item)


def _first(here: Setting, kind: Kind, holds: str, within_s: float | None) -> Item | None:
    """Wait for the first entry of the alarms' history since the fault whose summary holds that; None after too long."""
    since = _fault_ns(here)
    limit = since + int((here.topology.patience if within_s is None else within_s) * NS)
    while True:
        found = [item for item in _history(here, kind) if holds in item.summary and item.latest >= since]
        if found:
            return min(found, key=lambda item: item.at)
        if here.clock.now_ns() > limit:
            return None
        here.clock.sleep(POLL_S)


def _history(here: Setting, kind: Kind) -> list[Item]:
    offset = Offset.read(here.clock)
    anchor = _anchor(here)
    offset = offset if anchor is None else offset.or_as(Offset.of_anchor(anchor))
    names = alarms.automation(here.topology).alarms
    return [item for name in names for item in alarms.history(here.topology, name, kind, here.clock, offset)]


def _fault_ns(here: Setting) -> int:
    """Return when the fault was called for, or now where there is none."""
    entries = undo_log.read(here.run_dir / undo_log.FILE)
    called = [e.called_ns for e in entries if e.intent.role == "fault" and e.called_ns is not None]
    return min(called, default=here.clock.now_ns())


def _anchor(here: Setting) -> Anchor | None:
    try:
        clock = json.loads((here.run_dir / "run.json").read_text(encoding="utf-8"))["clock"]
        return Anchor(int(clock["monotonic_zero_ns"]), str(clock["wall_zero"]))
    except FileNotFoundError:
        return None  # called without a runner


def _states(here: Setting) -> str:
    found = [alarms.alarm(here.topology, name) for name in alarms.automation(here.topology).alarms]
    return ", ".join(f"{a.name} is {a.state}, its actions {'enabled' if a.acts else 'disabled'}" for a in found)


def _phase(name: str, item: Item) -> dict[str, Any]:
    at = {"earliest": item.earliest, "at": item.at, "latest": item.latest}
    source = f"CloudWatch alarm {item.alarm}: {item.summary}"
    return {"evidence": source, "phase": {"name": name, **at, "source": source, "clock": "wall"}}
