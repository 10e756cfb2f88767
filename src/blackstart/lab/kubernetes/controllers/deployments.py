"""Turns each Deployment into ReplicaSets: one for its present template, the older ones on their way out."""

import hashlib
import json
import math
from typing import Any

from blackstart.lab.kubernetes.controllers.progress import deployment_status
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.kinds import DEPLOYMENTS, REPLICA_SETS
from blackstart.lab.kubernetes.objects.shape import (
    Json,
    controller_of,
    copied,
    is_terminating,
    name,
    namespace,
    owner_reference,
    uid,
)

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


def reconcile(changes: Changes) -> None:
    """Move every Deployment one step on."""
    for deployment in changes.store.every(DEPLOYMENTS):
        if not is_terminating(deployment):
            _step(changes, deployment)


def _step(changes: Changes, deployment: Json) -> None:
    sets = _owned(changes, deployment)
    current = next((one for one in sets if _template(one) == deployment["spec"]["template"]), None)
    if current is None and not deployment["spec"].get("paused"):
        current = _create(changes, deployment, sets)
    old = [one for one in sets if current is None or uid(one) != uid(current)]
    if current is not None:
        _number(changes, deployment, current, old)
        _roll(changes, deployment, current, old)
    _forget_history(changes, deployment, old)
    sets = _owned(changes, deployment)
    current = next((one for one in sets if current and uid(one) == uid(current)), None)
    fresh = changes.store.get(DEPLOYMENTS, namespace(deployment), name(deployment)) or deployment
    _, unavailable = _allowances(deployment)
    changes.set_status(DEPLOYMENTS, fresh, deployment_status(fresh, current, sets, unavailable, changes.now()))


def _owned(changes: Changes, deployment: Json) -> list[Json]:
    sets = changes.store.every(REPLICA_SETS, namespace(deployment))
    return sorted((one for one in sets if controller_of(one) == uid(deployment)), key=_revision)


def _revision(item: Json) -> int:
    return int((item["metadata"].get("annotations") or {}).get(REVISION, 0))


def _template(replica_set: Json) -> Json:
    template: Json = copied(replica_set["spec"]["template"])
    template["metadata"]["labels"].pop(HASH_LABEL, None)
    return template


def _create(changes: Changes, deployment: Json, sets: list[Json]) -> Json:
    template = copied(deployment["spec"]["template"])
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
    template["metadata"].setdefault("labels", {})[HASH_LABEL] = digest
    selector = copied(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH_LABEL] = digest
    body = {
        "metadata": {
            "name": f"{name(deployment)}-{digest}",
            "labels": template["metadata"]["labels"],
            "annotations": {REVISION: str(max(map(_revision, sets), default=0) + 1)},
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": deployment["spec"].get("minReadySeconds", 0),
            "selector": selector,
            "template": template,
        },
    }
    return changes.create(REPLICA_SETS, namespace(deployment), body)


def _number(changes: Changes, deployment: Json, current: Json, old: list[Json]) -> None:
    """Give the present set the highest revision (a rollback takes an old set up again)."""
    newest = max(map(_revision, old), default=0)
    revision = max(newest + 1, _revision(current))
    _annotate(changes, REPLICA_SETS, current, str(revision))
    _annotate(changes, DEPLOYMENTS, deployment, str(revision))


def _annotate(changes: Changes, kind: Any, item: Json, revision: str) -> None:
    fresh = changes.store.get(kind, namespace(item), name(item)) or item
    annotations = (fresh["metadata"].get("annotations") or {}) | {REVISION: revision}
    changes.store.put(kind, {**fresh, "metadata": fresh["metadata"] | {"annotations": annotations}})


def _roll(changes: Changes, deployment: Json, current: Json, old: list[Json]) -> None:
    desired = deployment["spec"]["replicas"]
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        for one in old:
            _resize(changes, one, 0)
        if not any(one.get("status", {}).get("replicas") for one in old):
            _resize(changes, current, desired)
        return
    surge, unavailable = _allowances(deployment)
    room = desired + surge - sum(_wanted(one) for one in (current, *old))
    have = _wanted(current)
    new_size = desired if have > desired else have + max(0, min(room, desired - have))
    _resize(changes, current, new_size)
    if not deployment["spec"].get("paused"):
        _shrink_old(changes, old, current, new_size, desired - unavailable)


def _shrink_old(changes: Changes, old: list[Json], current: Json, new_size: int, needed: int) -> None:
    """Take pods from old sets: what is not available first, then as far as enough stay available."""
    total = new_size + sum(_wanted(one) for one in old)
    unready_new = max(0, new_size - _available(current))
    budget = max(0, total - needed - unready_new)
    spare = max(0, _available(current) + sum(_available(one) for one in old) - needed)
    for one in old:
        broken = min(budget, max(0, _wanted(one) - _available(one)))
        healthy = min(spare, budget - broken, _wanted(one) - broken)
        budget -= broken + healthy
        spare -= healthy
        _resize(changes, one, _wanted(one) - broken - healthy)


def _wanted(replica_set: Json) -> int:
    return int(replica_set["spec"]["replicas"])


def _available(replica_set: Json) -> int:
    return int(replica_set.get("status", {}).get("availableReplicas", 0))


def _allowances(deployment: Json) -> tuple[int, int]:
    """Return how many pods may be above, and how many may be missing below, what is desired."""
    rolling = deployment["spec"]["strategy"].get("rollingUpdate") or {}
    desired = deployment["spec"]["replicas"]
    surge = _share(rolling.get("maxSurge", 0), desired, math.ceil)
    unavailable = _share(rolling.get("maxUnavailable", 0), desired, math.floor)
    return surge, unavailable if surge or unavailable else 1


def _share(value: Any, desired: int, rounded: Any) -> int:
    text = str(value)
    return int(rounded(desired * int(text[:-1]) / 100)) if text.endswith("%") else int(text)


def _resize(changes: Changes, replica_set: Json, replicas: int) -> None:
    fresh = changes.store.get(REPLICA_SETS, namespace(replica_set), name(replica_set))
    if fresh is not None and _wanted(fresh) != replicas:
        metadata = fresh["metadata"] | {"generation": fresh["metadata"].get("generation", 1) + 1}
        changes.store.put(REPLICA_SETS, {**fresh, "metadata": metadata, "spec": fresh["spec"] | {"replicas": replicas}})


def _forget_history(changes: Changes, deployment: Json, old: list[Json]) -> None:
    idle = [one for one in old if not _wanted(one) and not one.get("status", {}).get("replicas")]
    for one in idle[: max(0, len(idle) - deployment["spec"]["revisionHistoryLimit"])]:
        changes.delete(REPLICA_SETS, namespace(one), name(one), {})
