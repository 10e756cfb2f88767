"""Looks at everything that a drill will touch before anything is started: a target that is not there stops it here."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from blackstart.experiment import Experiment
from blackstart.outcome import UsageError
from blackstart.platform import accelerator, aurora, aws, kubernetes
from blackstart.platform.setting import Setting
from blackstart.topology import FaultTemplate, Name, Topology

Check = tuple[str, Callable[[], object]]


def check(experiment: Experiment, here: Setting) -> None:
    """Raise ``UsageError`` that names the first target that is not there."""
    _check_arguments(experiment, here.topology)
    for what, look in _targets(experiment, here.topology):
        try:
            look()
        except (LookupError, OSError, *aws.AwsError, *here.client_errors) as error:
            raise UsageError(
                f"{what} is not there ({_short(error)}): mend the topology, or bring it up; nothing was changed"
            ) from error


def _check_arguments(experiment: Experiment, topology: Topology) -> None:
    """Names of regions and templates in the method must be the topology's."""
    for arguments in _arguments(experiment):
        regions = [arguments["region"]] if "region" in arguments else list(arguments.get("dials", ()))
        for region in regions:
            topology.region_named(region)
        template = arguments.get("template")
        if template is not None and template not in topology.fault_injection:
            known = ", ".join(topology.fault_injection) or "none"
            raise UsageError(
                f"experiment {experiment.name}: fault_injection.{template} is not in topology {topology.name!r} "
                f"(there: {known}); add it there"
            )


def _arguments(experiment: Experiment) -> Iterator[dict[str, Any]]:
    for activity in experiment.method:
        yield activity.get("provider", {}).get("arguments", {}) or {}


def _targets(experiment: Experiment, topology: Topology) -> Iterator[Check]:
    yield f"global cluster {topology.database.global_cluster!r}", partial(_global_cluster, topology)
    yield f"accelerator {topology.accelerator.arn}", partial(_endpoint_groups, topology)
    for region in (topology.primary, topology.standby):
        workload = topology.regions[region].kubernetes
        what = f"deployment {workload.namespace}/{workload.deployment} in {region}"
        yield what, partial(_deployment, topology, region)
    yield "the writer's record", partial(_record, topology, topology.database.writer)
    for name in sorted({arguments["template"] for arguments in _arguments(experiment) if "template" in arguments}):
        fault = topology.fault_injection[name]
        yield f"FIS template {name} ({fault.template}) in {fault.region}", partial(_template, topology, fault)


def _global_cluster(topology: Topology) -> None:
    state = aurora.describe(topology, topology.standby)
    missing = {topology.primary, topology.standby} - {state.writer, *state.readers}
    if missing:
        raise LookupError(f"it has no member in {', '.join(sorted(missing))}")


def _endpoint_groups(topology: Topology) -> None:
    missing = {topology.primary, topology.standby} - set(accelerator.groups(topology))
    if missing:
        raise LookupError(f"its listener has no endpoint group in {', '.join(sorted(missing))}")


def _deployment(topology: Topology, region: str) -> None:
    workload = topology.regions[region].kubernetes
    kubernetes.apps(topology, region).read_namespaced_deployment(
        workload.deployment, workload.namespace, _request_timeout=kubernetes.TIMEOUT_S
    )


def _record(topology: Topology, name: Name) -> None:
    if name.record:
        aws.client(topology, "route53", aws.ROUTE53_REGION).get_hosted_zone(Id=name.record.zone)


def _template(topology: Topology, fault: FaultTemplate) -> None:
    aws.client(topology, "fis", fault.region).get_experiment_template(id=fault.template)


def _short(error: Exception) -> str:
    """Return the reason in one line; Kubernetes hides it in a JSON body."""
    body = getattr(error, "body", None)
    try:
        return str(json.loads(body)["message"]) if body else aws.explain(error)
    except (ValueError, KeyError, TypeError):
        return aws.explain(error)
