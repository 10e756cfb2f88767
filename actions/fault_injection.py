"""Faults through AWS Fault Injection Service: start an experiment template, stop what was started."""

from typing import Any

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import aws, silence
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import FILE, Call, Intent, read
from blackstart.topology import FaultTemplate

__all__ = ["start_fault_injection", "stop_fault_injection"]

ACTIVE = ("pending", "initiating", "running", "stopping")
RUN_TAG = "blackstart-run"
SILENCES = 2
"""So many failures in a row make a silence: one may be a lost packet."""


def start_fault_injection(
    template: str, silences: silence.Part = "entry", configuration: Configuration = None
) -> dict[str, Any]:
    """Start a fault (revertible: ``stop_fault_injection``) and prove that what it is to silence went silent.

    :param template: a name under ``fault_injection`` in the topology
    :param silences: what of the primary the fault silences: ``entry`` (its load balancer) or ``cache``
    """
    here = setting(configuration)
    before = silence.ASKED[silences](here.topology)
    if before is not None:
        raise ActivityFailed(f"nothing was injected: it could not be seen to bite, {before} already before the fault")
    intent = Intent(
        call=Call("blackstart.actions.fault_injection.start_fault_injection", _arguments(template, silences)),
        subject=f"FIS template {template}",
        target=f"FIS template {template}, called in {_region(here, template)}",
        kind="revertible",
        role="fault",
        layer="fault",
        before={"running": []},
        inverse=_stop(template, silences),
    )

    def call() -> None:
        _client(here, template).start_experiment(
            clientToken=here.mark,
            experimentTemplateId=_template(here, template),
            tags={RUN_TAG: here.mark},
        )
        # The service injects after it has answered: the fault's instant lies before it is first seen running.
        eventually(here, lambda: _runs(here, template))

    return act(here, intent, call, lambda: eventually(here, lambda: _bit(here, template, silences)))


def stop_fault_injection(
    template: str, silences: silence.Part = "entry", configuration: Configuration = None
) -> dict[str, Any]:
    """Stop every running fault that this run started from a template; nothing running is fine.

    A cache must answer again before it is proved. An entry need not: a region comes back slowly, and the restoration
    waits for it by itself.

    :param template: a name under ``fault_injection`` in the topology
    :param silences: what the fault silenced: ``entry`` or ``cache``
    """
    here = setting(configuration)
    intent = Intent(
        call=_stop(template, silences),
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

    done = act(here, intent, call, lambda: eventually(here, lambda: _over(here, template, silences)))
    return (
        {**done, "doubt": f"the fault of {template} had ended by itself before the drill ended it"} if ended else done
    )


def _arguments(template: str, silences: silence.Part) -> dict[str, Any]:
    return {"template": template} if silences == "entry" else {"template": template, "silences": silences}


def _stop(template: str, silences: silence.Part) -> Call:
    return Call("blackstart.actions.fault_injection.stop_fault_injection", _arguments(template, silences))


def _is_open(here: Setting, template: str) -> bool:
    entries = read(here.run_dir / FILE)
    return any(e.open and e.intent.role == "fault" and e.intent.subject == f"FIS template {template}" for e in entries)


def _runs(here: Setting, template: str) -> str:
    if not _active(here, template, ("running",)):
        raise NotProvedError("FIS does not show the experiment as running")
    return "FIS runs it"


def _bit(here: Setting, template: str, silences: silence.Part) -> str:
    """Prove that the fault bit: the service runs it, and what it is to silence is silent, asked at itself."""
    _runs(here, template)
    seen = [silence.ASKED[silences](here.topology) for _ in range(SILENCES)]
    if None in seen:
        raise NotProvedError(f"the fault did not bite: {silences} of {here.topology.primary} answers as it should")
    return f"FIS runs it, and {seen[-1]}"


def _over(here: Setting, template: str, silences: silence.Part) -> str:
    left = _active(here, template)
    if left:
        raise NotProvedError(f"FIS experiments still run: {', '.join(left)}")
    told = f"FIS shows no running experiment of {template}"
    if silences == "entry":
        return told
    wrong = silence.ASKED[silences](here.topology)
    if wrong is not None:
        raise NotProvedError(f"{told}, but {wrong}")
    return f"{told}, and {silences} of {here.topology.primary} answers again"


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
