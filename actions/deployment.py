"""A region's capacity: the serving deployment, scaled up before traffic comes and down after it has gone."""

from typing import Any

from chaoslib.types import Configuration

from blackstart.platform import kubernetes
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent

__all__ = ["scale_down", "scale_up"]

MODULE = "blackstart.actions.deployment"


def scale_up(
    region: str = "standby", replicas: int | None = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Scale the region's deployment and wait until its pods are ready (revertible: ``scale_down``).

    :param region: ``primary``, ``standby`` or a region's name
    :param replicas: how many pods; the topology's number for the region by default
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    wanted = here.topology.regions[name].kubernetes.replicas if replicas is None else replicas
    done = _scale(here, name, wanted, "scale_up", "scale_down")
    return {**done, "phase": _phase(done)} if "called_ns" in done else done


def scale_down(region: str = "standby", replicas: int = 0, configuration: Configuration = None) -> dict[str, Any]:
    """Scale the region's deployment down and wait until it has no more pods than that.

    :param region: ``primary``, ``standby`` or a region's name
    :param replicas: how many pods are to stay
    """
    here = setting(configuration)
    return _scale(here, here.topology.region_named(region), replicas, "scale_down", "scale_up")


def _scale(here: Setting, region: str, wanted: int, function: str, inverse: str) -> dict[str, Any]:
    workload = here.topology.regions[region].kubernetes
    apps = kubernetes.apps(here.topology, region)
    where = (workload.deployment, workload.namespace)
    before = kubernetes.wanted_replicas(here.topology, region)
    if before == wanted:
        return {"evidence": eventually(here, lambda: has_pods(here, region, wanted))}
    intent = scale_intent(here, region, before, wanted, (function, inverse))

    def call() -> None:
        body = {"spec": {"replicas": wanted}}
        apps.patch_namespaced_deployment_scale(*where, body, _request_timeout=kubernetes.TIMEOUT_S)

    return act(here, intent, call, lambda: eventually(here, lambda: has_pods(here, region, wanted)))


def scale_intent(here: Setting, region: str, before: int, wanted: int, functions: tuple[str, str]) -> Intent:
    """Return what scaling is, as the undo log keeps it; ``functions`` name the act and its inverse."""
    workload = here.topology.regions[region].kubernetes
    return Intent(
        call=Call(f"{MODULE}.{functions[0]}", {"region": region, "replicas": wanted}),
        subject=f"replicas of {workload.namespace}/{workload.deployment} in {region}",
        target=f"deployment {workload.namespace}/{workload.deployment} in {region}: {before} to {wanted} pods",
        kind="revertible",
        role="recovery",
        layer="capacity",
        before={"replicas": before},
        inverse=Call(f"{MODULE}.{functions[1]}", {"region": region, "replicas": before}),
    )


def has_pods(here: Setting, region: str, wanted: int) -> str:
    """Count the pods themselves: a deployment's status lags, and says nothing of why a pod is not ready."""
    pods = kubernetes.pods(here.topology, region)
    living = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
    ready = [pod for pod in living if kubernetes.is_ready(pod)]
    if len(ready) < wanted or len(pods) > wanted:
        raise NotProvedError(
            f"{len(ready)} of {wanted} pods ready in {region}, {len(pods)} there{kubernetes.waiting(living)}"
        )
    return f"{len(ready)} of {wanted} pods ready in {region}"


def _phase(done: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "capacity",
        "earliest": done["called_ns"],
        "at": done["proved_ns"],
        "latest": done["proved_ns"],
        "source": f"Kubernetes: {done['evidence']}",
    }
