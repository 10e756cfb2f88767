"""Deletes what lost its owner, and owners that waited for their dependents."""

from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.deletion import FOREGROUND
from blackstart.lab.kubernetes.objects.kinds import ALL, PODS, Kind
from blackstart.lab.kubernetes.objects.shape import Json, is_terminating, name, namespace, owners, uid


def reconcile(changes: Changes) -> None:
    """Delete orphans, then let foreground deletions go on."""
    everything = [(kind, item) for kind in ALL for item in changes.store.every(kind)]
    alive = {uid(item): item for _, item in everything}
    for kind, item in everything:
        owning = [alive.get(one["uid"]) for one in owners(item)]
        if owning and not is_terminating(item) and all(_gone(owner) for owner in owning):
            # Who waits for its dependents waits for theirs as well.
            waits = any(owner is not None for owner in owning) and kind is not PODS
            options = {"propagationPolicy": "Foreground"} if waits else {}
            changes.delete(kind, namespace(item), name(item), options)
    for kind, item in everything:
        if FOREGROUND in item["metadata"].get("finalizers", []) and not _has_dependents(item, everything):
            _finish(changes, kind, item)


def _gone(owner: Json | None) -> bool:
    return owner is None or (is_terminating(owner) and FOREGROUND in owner["metadata"].get("finalizers", []))


def _has_dependents(owner: Json, everything: list[tuple[Kind, Json]]) -> bool:
    return any(one["uid"] == uid(owner) for _, item in everything for one in owners(item))


def _finish(changes: Changes, kind: Kind, item: Json) -> None:
    left = [one for one in item["metadata"]["finalizers"] if one != FOREGROUND]
    if left or kind is PODS:
        changes.store.put(kind, {**item, "metadata": item["metadata"] | {"finalizers": left}})
    else:
        changes.store.remove(kind, namespace(item), name(item))
