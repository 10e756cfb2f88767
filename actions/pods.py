"""A region's pods: killed without grace, and awaited until the deployment has them again."""

from typing import Any, Literal

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import kubernetes
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent

__all__ = ["await_pods", "kill_pods"]

MODULE = "blackstart.actions.pods"


def kill_pods(
    region: str = "primary", count: int | Literal["all"] = 1, configuration: Configuration = None
) -> dict[str, Any]:
    """Delete pods of the serving deployment without grace (revertible: ``await_pods``), and prove that they are gone.

    It refuses where the topology's selector matches fewer pods than asked for: nothing is killed then.

    :param region: ``primary``, ``standby`` or a region's name
    :param count: how many pods, or ``all``
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    victims = _victims(here, name, count)
    replicas = kubernetes.wanted_replicas(here.topology, name)
    intent = Intent(
        call=Call(f"{MODULE}.kill_pods", {"region": name, "count": count}),
        subject=_subject(here, name),
        target=f"{len(victims)} pods of {_subject(here, name)}: {', '.join(victims)}",
        kind="revertible",
        role="fault",
        layer="fault",
        before={"pods": victims, "replicas": replicas},
        inverse=_inverse(name, replicas),
    )

    def call() -> None:
        for pod, uid in victims.items():
            kubernetes.kill(here.topology, name, pod, uid)
        # A deletion is answered before the containers are killed: the fault's instant lies before they are gone.
        eventually(here, lambda: _removed(here, name, victims))

    return act(here, intent, call, lambda: _gone(here, name, victims))


def await_pods(
    region: str = "primary", replicas: int | None = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Wait until the deployment has its pods ready again: what answers ``kill_pods``. It changes nothing itself.

    :param region: ``primary``, ``standby`` or a region's name
    :param replicas: how many pods; as many as the deployment wants by default
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    wanted = kubernetes.wanted_replicas(here.topology, name) if replicas is None else replicas
    intent = Intent(
        call=_inverse(name, wanted),
        subject=_subject(here, name),
        target=f"{_subject(here, name)}: {wanted} pods ready again",
        kind="revertible",
        role="undo",
        layer="fault",
        before={},
        inverse=None,
    )
    done = act(here, intent, lambda: None, lambda: eventually(here, lambda: _replaced(here, name, wanted)))
    return {**done, "phase": _phase(done)} if "called_ns" in done else done


def _victims(here: Setting, region: str, count: int | Literal["all"]) -> dict[str, str]:
    """Return the pods to kill, uid by name: the first by name of those that nobody deletes already."""
    workload = here.topology.regions[region].kubernetes
    pods = kubernetes.pods(here.topology, region)
    there = sorted((p.metadata.name, p.metadata.uid) for p in pods if p.metadata.deletion_timestamp is None)
    asked = max(len(there), 1) if count == "all" else count
    if not 1 <= asked <= len(there):
        raise ActivityFailed(
            f"nothing was killed: {workload.selector!r} in {workload.namespace} of {region} matches {len(there)} pods, "
            f"{count} asked for; mend the selector in the topology, or the count"
        )
    return dict(there[:asked])


def _removed(here: Setting, region: str, victims: dict[str, str]) -> str:
    left = {p.metadata.uid for p in kubernetes.pods(here.topology, region)} & set(victims.values())
    if left:
        raise NotProvedError(f"{len(left)} of {len(victims)} pods are still on their way out of {region}")
    return "they are removed"


def _gone(here: Setting, region: str, victims: dict[str, str]) -> str:
    """Look for the very pods that were killed: their names may come again, their uids never."""
    living = {p.metadata.uid for p in kubernetes.pods(here.topology, region) if p.metadata.deletion_timestamp is None}
    left = [name for name, uid in victims.items() if uid in living]
    if left:
        raise NotProvedError(f"{len(left)} of {len(victims)} pods still live in {region}: {', '.join(left)}")
    return f"{len(victims)} of {len(victims)} pods are gone from {region}"


def _replaced(here: Setting, region: str, wanted: int) -> str:
    pods = kubernetes.pods(here.topology, region)
    ready = sum(kubernetes.is_ready(pod) for pod in pods)
    if ready < wanted:
        raise NotProvedError(f"{ready} of {wanted} pods ready in {region}{kubernetes.waiting(pods)}")
    return f"{ready} of {wanted} pods ready in {region}"


def _subject(here: Setting, region: str) -> str:
    workload = here.topology.regions[region].kubernetes
    return f"pods of {workload.namespace}/{workload.deployment} in {region}"


def _inverse(region: str, replicas: int) -> Call:
    return Call(f"{MODULE}.await_pods", {"region": region, "replicas": replicas})


def _phase(done: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "capacity",
        "earliest": done["called_ns"],
        "at": done["proved_ns"],
        "latest": done["proved_ns"],
        "source": f"Kubernetes: {done['evidence']}",
    }
