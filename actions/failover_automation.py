"""The system's own failover, armed and disarmed: the actions of the alarms that start its controller."""

from typing import Any

from chaoslib.types import Configuration

from blackstart.platform import alarms, failover_controller
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent

__all__ = ["disable_failover_automation", "enable_failover_automation"]

MODULE = "blackstart.actions.failover_automation"


def enable_failover_automation(names: list[str] | None = None, configuration: Configuration = None) -> dict[str, Any]:
    """Let the alarms start the failover controller (revertible), and prove that they could: they are quiet now.

    It is recorded also where it was so before the drill: whoever puts things right must know what may move meanwhile.

    :param names: which alarms; all of the topology's ``automation.alarms`` by default
    """
    here = setting(configuration)
    return _all([_switch(here, name, acts=True) for name in _named(here, names)])


def disable_failover_automation(names: list[str] | None = None, configuration: Configuration = None) -> dict[str, Any]:
    """Keep the alarms from starting the failover controller (revertible), and prove that it does nothing any more.

    :param names: which alarms; all of the topology's ``automation.alarms`` by default
    """
    here = setting(configuration)
    return _all([_switch(here, name, acts=False) for name in _named(here, names)])


def _switch(here: Setting, name: str, *, acts: bool) -> dict[str, Any]:
    before = alarms.alarm(here.topology, name).acts

    def proof() -> str:
        return eventually(here, lambda: _armed(here, name) if acts else _disarmed(here, name))

    if not acts and not before:
        return {"evidence": proof()}
    function = _function(acts)
    intent = Intent(
        call=Call(f"{MODULE}.{function}", {"names": [name]}),
        subject=f"actions of alarm {name}",
        target=f"CloudWatch alarm {name} in {alarms.automation(here.topology).region}: "
        f"actions {'enabled' if acts else 'disabled'}",
        kind="revertible",
        role="recovery",
        layer="automation",
        before={"acts": before},
        inverse=Call(f"{MODULE}.{_function(before)}", {"names": [name]}),
    )
    return act(here, intent, lambda: alarms.set_acting(here.topology, name, acts=acts), proof)


def _function(acts: bool) -> str:
    return "enable_failover_automation" if acts else "disable_failover_automation"


def _armed(here: Setting, name: str) -> str:
    """Demand quiet: an alarm acts when its state changes, and one that is raised already would start nothing."""
    alarm, controller = alarms.alarm(here.topology, name), failover_controller.doing(here.topology)
    if not alarm.acts or alarm.state != "OK":
        raise NotProvedError(f"alarm {name} is {alarm.state}, its actions {'enabled' if alarm.acts else 'disabled'}")
    if controller.running:
        raise NotProvedError(f"the failover controller runs already: {controller.words}")
    return f"alarm {name} is OK and its actions are enabled"


def _disarmed(here: Setting, name: str) -> str:
    """Demand rest: actions that are disabled start nothing new, but what they started before must have ended, too."""
    alarm, controller = alarms.alarm(here.topology, name), failover_controller.doing(here.topology)
    if alarm.acts:
        raise NotProvedError(f"the actions of alarm {name} are enabled")
    if controller.running:
        raise NotProvedError(f"the failover controller still runs: {controller.words}")
    return f"the actions of alarm {name} are disabled, and the failover controller is idle"


def _named(here: Setting, names: list[str] | None) -> list[str]:
    return list(alarms.automation(here.topology).alarms) if names is None else names


def _all(done: list[dict[str, Any]]) -> dict[str, Any]:
    return {"evidence": "; ".join(each["evidence"] for each in done)}
