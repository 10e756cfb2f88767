"""Faults through AWS Fault Injection Service: start an experiment template, stop what was started."""

from typing import Any

import requests
from chaoslib.types import Configuration

from blackstart.platform import aws
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent
from blackstart.topology import FaultTemplate

__all__ = ["start_fault_injection", "stop_fault_injection"]

ACTIVE = ("pending", "initiating", "running", "stopping")
RUN_TAG = "blackstart-run"
ENTRY_TIMEOUT_S = 1.0


def start_fault_injection(template: str, configuration: Configuration = None) -> dict[str, Any]:
    """Start a fault (revertible: ``stop_fault_injection``) and prove that the region's own entry went silent.

    :param template: a name under ``fault_injection`` in the topology
    """
    here = setting(configuration)
    intent = Intent(
        call=Call("blackstart.actions.fault_injection.start_fault_injection", {"template": template}),
        target=f"FIS template {template}, called in {_region(here, template)}",
        kind="revertible",
        role="fault",
        layer="fault",
        before={"running": []},
        inverse=Call("blackstart.actions.fault_injection.stop_fault_injection", {"template": template}),
    )

    def call() -> None:
        _client(here, template).start_experiment(
            clientToken=here.run_dir.name[-64:],
            experimentTemplateId=_template(here, template),
            tags={RUN_TAG: here.run_dir.name},
        )

    return act(here, intent, call, lambda: eventually(here, lambda: _primary_is_silent(here)))


def stop_fault_injection(template: str, configuration: Configuration = None) -> dict[str, Any]:
    """Stop every running fault that this run started from a template; nothing running is fine.

    :param template: a name under ``fault_injection`` in the topology
    """
    here = setting(configuration)
    intent = Intent(
        call=Call("blackstart.actions.fault_injection.stop_fault_injection", {"template": template}),
        target=f"FIS template {template}, called in {_region(here, template)}",
        kind="revertible",
        role="undo",
        layer="fault",
        before={},
        inverse=None,
    )

    def call() -> None:
        for experiment in _active(here, template):
            _client(here, template).stop_experiment(id=experiment)

    def nothing_runs() -> str:
        left = _active(here, template)
        if left:
            raise NotProvedError(f"FIS experiments still run: {', '.join(left)}")
        return f"FIS shows no running experiment of {template}"

    return act(here, intent, call, lambda: eventually(here, nothing_runs))


def _primary_is_silent(here: Setting) -> str:
    """Prove that the fault bit: the primary's load balancer, past the accelerator, no longer answers."""
    url = here.topology.regions[here.topology.primary].alb.url + here.topology.orders.read.path
    try:
        answer = requests.get(url, timeout=ENTRY_TIMEOUT_S)
    except requests.RequestException as error:
        return f"{here.topology.primary} stopped answering at {url} ({type(error).__name__})"
    raise NotProvedError(f"the fault did not bite: {url} still answers {answer.status_code}")


def _active(here: Setting, template: str) -> list[str]:
    pages = _client(here, template).get_paginator("list_experiments").paginate()
    return [
        experiment["id"]
        for page in pages
        for experiment in page["experiments"]
        if experiment["experimentTemplateId"] == _template(here, template)
        and experiment["state"]["status"] in ACTIVE
        and experiment.get("tags", {}).get(RUN_TAG) == here.run_dir.name
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
