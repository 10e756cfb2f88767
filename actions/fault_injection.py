"""Faults through AWS Fault Injection Service: start an experiment template, stop what was started."""

from typing import Any

import requests
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import aws
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import FILE, Call, Intent, read
from blackstart.topology import FaultTemplate

__all__ = ["start_fault_injection", "stop_fault_injection"]

ACTIVE = ("pending", "initiating", "running", "stopping")
RUN_TAG = "blackstart-run"
ENTRY_TIMEOUT_S = 0.5
SILENCES = 2
"""So many failures in a row make a silence: one may be a lost packet."""


def start_fault_injection(template: str, configuration: Configuration = None) -> dict[str, Any]:
    """Start a fault (revertible: ``stop_fault_injection``) and prove that the region's own entry went silent.

    :param template: a name under ``fault_injection`` in the topology
    """
    here = setting(configuration)
    before = _entry(here)
    if before is not None:
        raise ActivityFailed(f"nothing was injected: it could not be seen to bite, {before} already before the fault")
    intent = Intent(
        call=Call("blackstart.actions.fault_injection.start_fault_injection", {"template": template}),
        subject=f"FIS template {template}",
        target=f"FIS template {template}, called in {_region(here, template)}",
        kind="revertible",
        role="fault",
        layer="fault",
        before={"running": []},
        inverse=Call("blackstart.actions.fault_injection.stop_fault_injection", {"template": template}),
    )

    def call() -> None:
        _client(here, template).start_experiment(
            clientToken=here.mark,
            experimentTemplateId=_template(here, template),
            tags={RUN_TAG: here.mark},
        )
        # The service injects after it has answered: the fault's instant lies before it is first seen running.
        eventually(here, lambda: _runs(here, template))

    return act(here, intent, call, lambda: eventually(here, lambda: _bit(here, template)))


def stop_fault_injection(template: str, configuration: Configuration = None) -> dict[str, Any]:
    """Stop every running fault that this run started from a template; nothing running is fine.

    :param template: a name under ``fault_injection`` in the topology
    """
    here = setting(configuration)
    intent = Intent(
        call=Call("blackstart.actions.fault_injection.stop_fault_injection", {"template": template}),
        subject=f"FIS template {template}",
        target=f"FIS template {template}, called in {_region(here, template)}",
        kind="revertible",
        role="undo",
        layer="fault",
        before={},
        inverse=None,
    )

    ended = _is_open(here, template) and not _active(here, template)

    def call() -> None:
        for experiment in _active(here, template):
            _client(here, template).stop_experiment(id=experiment)

    def nothing_runs() -> str:
        left = _active(here, template)
        if left:
            raise NotProvedError(f"FIS experiments still run: {', '.join(left)}")
        return f"FIS shows no running experiment of {template}"

    done = act(here, intent, call, lambda: eventually(here, nothing_runs))
    return (
        {**done, "doubt": f"the fault of {template} had ended by itself before the drill ended it"} if ended else done
    )


def _is_open(here: Setting, template: str) -> bool:
    entries = read(here.run_dir / FILE)
    return any(e.open and e.intent.role == "fault" and e.intent.subject == f"FIS template {template}" for e in entries)


def _runs(here: Setting, template: str) -> str:
    if not _active(here, template, ("running",)):
        raise NotProvedError("FIS does not show the experiment as running")
    return "FIS runs it"


def _bit(here: Setting, template: str) -> str:
    """Prove that the fault bit: the service runs it, and the primary's own entry, past the accelerator, is silent."""
    _runs(here, template)
    seen = [_entry(here) for _ in range(SILENCES)]
    if None in seen:
        raise NotProvedError(f"the fault did not bite: {here.topology.primary} still answers as it should")
    return f"FIS runs it, and {seen[-1]}"


def _entry(here: Setting) -> str | None:
    """Ask the primary's load balancer once; return what is wrong with its answer, or nothing if it is good."""
    url = here.topology.regions[here.topology.primary].alb.url + here.topology.orders.read.path
    try:
        answer = requests.get(url, timeout=ENTRY_TIMEOUT_S)
    except requests.RequestException as error:
        return f"{url} gave no answer ({type(error).__name__})"
    return None if answer.status_code in here.topology.orders.read.status else f"{url} answered {answer.status_code}"


def _active(here: Setting, template: str, states: tuple[str, ...] = ACTIVE) -> list[str]:
    pages = _client(here, template).get_paginator("list_experiments").paginate()
    return [
        experiment["id"]
        for page in pages
        for experiment in page["experiments"]
        if experiment["experimentTemplateId"] == _template(here, template)
        and experiment["state"]["status"] in states
        and experiment.get("tags", {}).get(RUN_TAG) == here.mark
    ]


def _client(here: Setting, template: str) -> Any:
    return aws.client(here.topology, "fis", _region(here, template))


def _region(here: Setting, template: str) -> str:
    return _known(here, template).region


def _template(here: Setting, template: str) -> str:
    return _known(here, template).template


def _known(here: Setting, template: str) -> FaultTemplate:
    known = here.topology.fault_injection
    if template not in known:
        names = ", ".join(known) or "none"
        raise LookupError(f"fault_injection.{template} is not in topology {here.topology.name!r} (there: {names})")
    return known[template]
