"""Looks at everything that a drill will touch before anything is started: a target that is not there stops it here."""

import json
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import requests
from tenacity import retry, retry_if_exception_type, retry_if_not_exception_type, stop_after_attempt, wait_fixed

from blackstart.drill import instruments
from blackstart.experiment import Experiment
from blackstart.outcome import RefusedError, UsageError
from blackstart.platform import (
    accelerator,
    alarms,
    aurora,
    aws,
    failover_controller,
    kubernetes,
    records,
    security_group,
    silence,
    sql,
)
from blackstart.platform.setting import Setting
from blackstart.safety.act import NotProvedError, eventually
from blackstart.topology import FaultTemplate, Topology

ENTRY_TIMEOUT_S = 5.0
ENTRY_ATTEMPTS, ENTRY_PAUSE_S = 4, 0.5

Check = tuple[str, Callable[[], object]]


def check(experiment: Experiment, here: Setting) -> None:
    """Raise ``UsageError`` that names the first target that is not there."""
    check_names(experiment, here.topology)
    instruments.plan(experiment, here.topology, here.run_dir, "preflight")
    for what, look in _targets(experiment, here):
        try:
            look()
        except (LookupError, OSError, NotProvedError, *aws.AwsError, *here.client_errors) as error:
            raise UsageError(
                f"{what} is not there or out of reach ({_short(error)}): mend the topology, or bring it up"
            ) from error


def check_names(experiment: Experiment, topology: Topology) -> None:
    """Raise ``UsageError`` for a region or template of the method that the topology does not have."""
    for arguments in _arguments(experiment):
        regions = [arguments["region"]] if "region" in arguments else list(arguments.get("dials", ()))
        for region in regions:
            topology.region_named(region)
        silences = arguments.get("silences", "entry")
        if silences not in silence.ASKED:
            raise UsageError(
                f"experiment {experiment.name}: silences is {silences!r}: give one of {', '.join(silence.ASKED)}"
            )
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


def _targets(experiment: Experiment, here: Setting) -> Iterator[Check]:
    topology = here.topology
    for region in (topology.primary, topology.standby):
        yield f"account {topology.regions[region].account} in {region}", partial(_account, topology, region)
    primary_url = topology.regions[topology.primary].alb.url
    yield (
        f"secret {topology.database.credentials.secret!r} in {topology.primary}",
        partial(sql.login, topology, topology.primary),
    )
    yield (
        f"secret {topology.database.credentials.secret!r} in {topology.standby}",
        partial(sql.login, topology, topology.standby),
    )
    yield f"global cluster {topology.database.global_cluster!r}", partial(_global_cluster, topology)
    yield f"accelerator {topology.accelerator.arn}", partial(_endpoint_groups, topology)
    yield f"the system's entry {topology.accelerator.url}", partial(_serves, topology, topology.accelerator.url)
    yield f"the primary's entry {primary_url}", partial(_serves, topology, primary_url)
    for region in (topology.primary, topology.standby):
        workload = topology.regions[region].kubernetes
        what = f"deployment {workload.namespace}/{workload.deployment} in {region}"
        yield what, partial(_deployment, topology, region)
        if region == topology.primary:
            yield f"all that serves of {what}", partial(_pods, here)
        yield f"database in {region}", partial(_database, topology, region)
        yield f"load balancer in {region}", partial(_entry, topology, region)
    for name in (topology.database.writer, *topology.database.readers):
        if name.record:
            yield f"record {name.record.name}", partial(records.value, topology, name.record)
    yield from _means(experiment, topology)


def _means(experiment: Experiment, topology: Topology) -> Iterator[Check]:
    """Yield what the drill breaks the system with, and what the system is to mend itself with."""
    for region in _blocked(experiment, topology):
        group = topology.regions[region].alb.security_group
        yield f"security group {group} in {region}", partial(security_group.rules, topology, region, "ingress")
    if topology.automation is not None or experiment.declaration.failover == "automated":
        yield "the failover automation", partial(_automation, topology, _is_awaited(experiment))
    yield from _faults(experiment, topology)


def _faults(experiment: Experiment, topology: Topology) -> Iterator[Check]:
    if any(arguments.get("silences") == "cache" for arguments in _arguments(experiment)):
        yield f"the cache of {topology.primary}", partial(_cache, topology)
    for name in sorted({arguments["template"] for arguments in _arguments(experiment) if "template" in arguments}):
        fault = topology.fault_injection[name]
        yield f"FIS template {name} ({fault.template}) in {fault.region}", partial(_template, topology, fault)


def _blocked(experiment: Experiment, topology: Topology) -> list[str]:
    """Return the regions whose load balancer's rules the method revokes."""
    providers = [activity.get("provider", {}) for activity in experiment.method]
    blocks = [p for p in providers if p.get("func") in ("block_ingress", "block_targets")]
    return sorted({topology.region_named((p.get("arguments") or {}).get("region", "primary")) for p in blocks})


def _account(topology: Topology, region: str) -> None:
    """Compare the account with the caller's: ARNs that are made of a wrong one fail after the promotion."""
    found = aws.client(topology, "sts", region).get_caller_identity()["Account"]
    if found != topology.regions[region].account:
        raise LookupError(f"the credentials or the role are of account {found}")


def _global_cluster(topology: Topology) -> None:
    state = aurora.describe(topology, topology.standby)
    missing = {topology.primary, topology.standby} - {state.writer, *state.readers}
    if missing:
        raise LookupError(f"it has no member in {', '.join(sorted(missing))}")
    if state.writer != topology.primary:
        raise RefusedError(f"{state.writer} writes, not the primary {topology.primary}: fail back first, then drill")
    if not state.settled:
        raise RefusedError(f"the global cluster is {state.status}: wait until it is available, then drill")


def _automation(topology: Topology, awaited: bool) -> None:
    """Refuse a drill that the system's own failover would walk into, or that walks into one."""
    names = alarms.automation(topology).alarms
    doing = failover_controller.doing(topology)
    if doing.running:
        raise RefusedError(f"the failover controller runs ({doing.words}): wait for its end, then drill")
    acting = [name for name in names if alarms.alarm(topology, name).acts]
    if acting and not awaited:
        raise RefusedError(
            f"the actions of alarm {acting[0]} are enabled: the failover automation would move the system in a drill "
            "that does not expect it; disable them (CloudWatch DisableAlarmActions), then drill"
        )


def _is_awaited(experiment: Experiment) -> bool:
    """Whether the drill arms or disarms the system's own failover itself."""
    modules = (str((activity.get("provider") or {}).get("module")) for activity in experiment.method)
    return any(module.endswith(".failover_automation") and ".actions." in module for module in modules)


def _endpoint_groups(topology: Topology) -> None:
    groups = accelerator.groups(topology)
    missing = {topology.primary, topology.standby} - set(groups)
    if missing:
        raise LookupError(f"its listener has no endpoint group in {', '.join(sorted(missing))}")
    if groups[topology.primary].dial == 0:
        raise RefusedError(f"the dial of the primary {topology.primary} is 0: fail back first, then drill")


def _deployment(topology: Topology, region: str) -> None:
    workload = topology.regions[region].kubernetes
    found = kubernetes.apps(topology, region).read_namespaced_deployment(
        workload.deployment, workload.namespace, _request_timeout=kubernetes.TIMEOUT_S
    )
    # A standby without pods shows only here that its pods could never be found.
    missing = set(_equalities(workload.selector)) - set((found.spec.template.metadata.labels or {}).items())
    if missing:
        raise LookupError(f"its pods do not carry {', '.join(f'{key}={value}' for key, value in sorted(missing))}")


def _equalities(selector: str) -> Iterator[tuple[str, str]]:
    """Yield a selector's ``key=value`` and ``key==value`` terms; of sets and negations only the API can judge."""
    for term in selector.split(","):
        key, is_one, value = term.partition("=")
        if is_one and not key.endswith("!"):
            yield key.strip(), value.removeprefix("=").strip()


def _pods(here: Setting) -> None:
    """Look for the pods that the primary must have again after the failback: without them it could never end."""
    topology = here.topology
    wanted = topology.regions[topology.primary].kubernetes.replicas
    pods = [pod for pod in kubernetes.pods(topology, topology.primary) if pod.metadata.deletion_timestamp is None]
    if len(pods) < wanted:
        raise LookupError(f"{len(pods)} of {wanted} pods are there")
    eventually(here, partial(_ready, here, wanted))


def _ready(here: Setting, wanted: int) -> str:
    """Count the ready ones; some may still be starting: a lab is up once the first has taken an order."""
    ready = sum(map(kubernetes.is_ready, kubernetes.pods(here.topology, here.topology.primary)))
    if ready < wanted:
        raise NotProvedError(f"{ready} of {wanted} pods are ready")
    return f"{ready} of {wanted} pods are ready"


def _database(topology: Topology, region: str) -> None:
    with sql.connect(topology, region, aurora.endpoints(topology, region).writer) as connection:
        stray = connection.execute(topology.orders.read_back.sql, {"run": secrets.token_hex(8)}).fetchone()
    if stray is not None:
        raise LookupError("orders.read_back.sql finds orders of a run that never was: it must select by %(run)s")


def _serves(topology: Topology, url: str) -> None:
    answer = _asked(url + topology.orders.read.path)
    if answer.status_code not in topology.orders.read.status:
        raise LookupError(f"it answers {answer.status_code}; a system that does not serve cannot be drilled")


def _entry(topology: Topology, region: str) -> None:
    """Any answer will do: a standby without pods says 503, and that is how it should be."""
    _asked(topology.regions[region].alb.url + topology.orders.read.path)


@retry(
    retry=retry_if_exception_type(requests.ConnectionError) & retry_if_not_exception_type(requests.ConnectTimeout),
    stop=stop_after_attempt(ENTRY_ATTEMPTS),
    wait=wait_fixed(ENTRY_PAUSE_S),
    reraise=True,
)
def _asked(url: str) -> requests.Response:
    """Ask an entry, and again where it hangs up: one that has just let targets go resets what was still on its way."""
    return requests.get(url, timeout=ENTRY_TIMEOUT_S)


def _cache(topology: Topology) -> None:
    wrong = silence.cache(topology)
    if wrong is not None:
        raise LookupError(wrong)


def _template(topology: Topology, fault: FaultTemplate) -> None:
    aws.client(topology, "fis", fault.region).get_experiment_template(id=fault.template)


def _short(error: Exception) -> str:
    """Return the reason in one line; Kubernetes hides it in a JSON body."""
    body = getattr(error, "body", None)
    try:
        return str(json.loads(body)["message"]) if body else aws.explain(error)
    except (ValueError, KeyError, TypeError):
        return aws.explain(error)
