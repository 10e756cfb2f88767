"""Keeps as many pods as each ReplicaSet wants. A pod counts until its deletion begins, not until it is gone."""

from datetime import timedelta

from blackstart.lab.kubernetes.objects.changes import Changes, suffix
from blackstart.lab.kubernetes.objects.kinds import PODS, REPLICA_SETS
from blackstart.lab.kubernetes.objects.selectors import admits, from_selector
from blackstart.lab.kubernetes.objects.shape import (
    Json,
    condition,
    controller_of,
    copied,
    is_finished,
    is_ready,
    is_terminating,
    labels,
    moment_of,
    name,
    namespace,
    owner_reference,
    owners,
    uid,
    without_zeros,
)


def reconcile(changes: Changes) -> None:
    """Create or delete pods for every ReplicaSet, and report their state."""
    for replica_set in changes.store.every(REPLICA_SETS):
        if not is_terminating(replica_set):
            pods = _claim(changes, replica_set)
            _scale(changes, replica_set, pods)
        _report(changes, replica_set)


def active_pods(changes: Changes, replica_set: Json) -> list[Json]:
    """Return the pods that the ReplicaSet counts."""
    return [
        pod
        for pod in changes.store.every(PODS, namespace(replica_set))
        if controller_of(pod) == uid(replica_set) and not is_terminating(pod) and not is_finished(pod)
    ]


def _claim(changes: Changes, replica_set: Json) -> list[Json]:
    # A pod whose labels were changed is let go (that is how one is taken aside for debugging); a free one that
    # matches is taken in.
    requirements = from_selector(replica_set["spec"]["selector"])
    for pod in changes.store.every(PODS, namespace(replica_set)):
        matches = admits(requirements, labels(pod))
        if controller_of(pod) == uid(replica_set) and not matches:
            _own(changes, pod, [one for one in owners(pod) if one["uid"] != uid(replica_set)])
        elif controller_of(pod) is None and matches and not is_terminating(pod) and not is_finished(pod):
            _own(changes, pod, [*owners(pod), owner_reference(replica_set)])
    return active_pods(changes, replica_set)


def _own(changes: Changes, pod: Json, references: list[Json]) -> None:
    changes.store.put(PODS, {**pod, "metadata": pod["metadata"] | {"ownerReferences": references}})


def _scale(changes: Changes, replica_set: Json, pods: list[Json]) -> None:
    missing = replica_set["spec"]["replicas"] - len(pods)
    for _ in range(missing):
        changes.create(PODS, namespace(replica_set), _pod(replica_set))
    for pod in sorted(pods, key=_worth)[: max(0, -missing)]:
        changes.delete(PODS, namespace(pod), name(pod), {})


def _worth(pod: Json) -> tuple[bool, bool, float]:
    # Unscheduled pods go first, then unready ones, then the youngest.
    age = -moment_of(pod["metadata"]["creationTimestamp"]).timestamp()
    return bool(pod["spec"].get("nodeName")), is_ready(pod), age


def _pod(replica_set: Json) -> Json:
    template = copied(replica_set["spec"]["template"])
    metadata = {key: value for key, value in template["metadata"].items() if key in ("labels", "annotations")}
    prefix = f"{name(replica_set)}-"
    metadata |= {
        "generateName": prefix,
        "name": prefix + suffix(),
        "ownerReferences": [owner_reference(replica_set)],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _report(changes: Changes, replica_set: Json) -> None:
    pods = active_pods(changes, replica_set)
    ready = [pod for pod in pods if is_ready(pod)]
    available = [pod for pod in ready if _is_available(changes, replica_set, pod)]
    counters = {
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": len(ready),
        "availableReplicas": len(available),
        "observedGeneration": replica_set["metadata"].get("generation", 1),
    }
    changes.set_status(REPLICA_SETS, replica_set, {"replicas": len(pods)} | without_zeros(counters))


def _is_available(changes: Changes, replica_set: Json, pod: Json) -> bool:
    needed = int(replica_set["spec"].get("minReadySeconds", 0))
    ready = condition(pod, "Ready")
    if needed == 0 or ready is None:
        return needed == 0
    waited = moment_of(changes.now()) - moment_of(ready["lastTransitionTime"])
    return waited >= timedelta(seconds=needed)
