"""Global Accelerator's traffic dials: which share of the traffic a region may take."""

from dataclasses import replace
from typing import Any

import requests
from chaoslib.types import Configuration

from blackstart.platform import accelerator
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent

__all__ = ["turn_dials"]

ENTRY_TIMEOUT_S = 1.0


def turn_dials(dials: dict[str, float], as_fault: bool = False, configuration: Configuration = None) -> dict[str, Any]:
    """Set traffic dials (revertible: to what they were) and prove that the accelerator sends where they say.

    :param dials: percent by region; ``primary`` and ``standby`` stand for the topology's regions
    :param as_fault: whether this is what the drill tests, and not a step of the recovery
    """
    here = setting(configuration)
    wanted = {here.topology.region_named(region): float(percent) for region, percent in dials.items()}
    groups = accelerator.groups(here.topology)
    missing = sorted(set(wanted) - set(groups))
    if missing:
        raise LookupError(f"the accelerator has no endpoint group in {', '.join(missing)}: mend accelerator.listener")
    before = {region: groups[region].dial for region in wanted}
    if before == wanted:
        return {"evidence": eventually(here, lambda: routes(here, wanted))}
    intent = replace(dials_intent(wanted, before), role="fault" if as_fault else "recovery")

    def call() -> None:
        # What every dial turns away is served by nobody: open first, then close.
        for region in sorted(wanted, key=lambda each: before[each] - wanted[each]):
            accelerator.set_dial(here.topology, groups[region].arn, wanted[region])

    done = act(here, intent, call, lambda: eventually(here, lambda: routes(here, wanted)))
    return {**done, "phase": _phase(done)} if "called_ns" in done else done


def dials_intent(wanted: dict[str, float], before: dict[str, float]) -> Intent:
    """Return what turning the dials is, as the undo log keeps it."""
    return Intent(
        call=Call("blackstart.actions.traffic_dials.turn_dials", {"dials": wanted}),
        subject="traffic dials",
        target="traffic dials: " + ", ".join(f"{region} {percent:g} %" for region, percent in wanted.items()),
        kind="revertible",
        role="recovery",
        layer="traffic",
        before=before,
        inverse=Call("blackstart.actions.traffic_dials.turn_dials", {"dials": before}),
    )


def routes(here: Setting, wanted: dict[str, float]) -> str:
    """Read the dials back, and see an answer come from a region that may take traffic."""
    dials = {region: group.dial for region, group in accelerator.groups(here.topology).items()}
    if any(dials[region] != percent for region, percent in wanted.items()):
        raise NotProvedError(f"dials are {dials}, not {wanted}")
    url = here.topology.accelerator.url + here.topology.orders.read.path
    answer = requests.get(url, timeout=ENTRY_TIMEOUT_S)
    server = answer.headers.get(here.topology.orders.served_by_header, "nobody named")
    if not answer.ok or dials.get(server, 0.0) == 0.0:
        raise NotProvedError(f"dials are set, but {url} answers {answer.status_code} from {server}")
    return f"dials are set, and {server} answers through the accelerator"


def _phase(done: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "routed",
        "earliest": done["called_ns"],
        "at": done["proved_ns"],
        "latest": done["proved_ns"],
        "source": f"Global Accelerator: {done['evidence']}",
    }
