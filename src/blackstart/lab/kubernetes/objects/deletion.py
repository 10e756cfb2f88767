"""Deleting: grace for pods, propagation for owners, finalizers for all."""

from datetime import datetime, timedelta

from blackstart.lab.kubernetes.objects.failure import conflict
from blackstart.lab.kubernetes.objects.kinds import ALL, NAMESPACES, PODS, SERVICE_ACCOUNTS, SERVICES, Kind
from blackstart.lab.kubernetes.objects.shape import (
    Json,
    is_finished,
    is_terminating,
    moment_of,
    name,
    namespace,
    owners,
    timestamp,
    uid,
)
from blackstart.lab.kubernetes.objects.store import Store

RETURNED = (PODS, SERVICES, SERVICE_ACCOUNTS)
"""Kinds whose deletion answers with the object as it was last, all others with a Status (clients rely on it)."""

FOREGROUND = "foregroundDeletion"
"""The finalizer that keeps an owner until its dependents are gone."""


def delete(store: Store, kind: Kind, item: Json, options: Json, now: datetime) -> Json:
    """Delete one object and return the answer: the object while it lingers, else a Status.

    Raises:
        ApiError: 409, a precondition does not hold.

    """
    _check_preconditions(kind, item, options.get("preconditions") or {})
    if kind is PODS:
        return _delete_pod(store, item, options, now)
    policy = options.get("propagationPolicy") or ("Orphan" if options.get("orphanDependents") else "Background")
    if policy == "Orphan":
        _orphan_dependents(store, item)
    finalizers = list(item["metadata"].get("finalizers") or [])
    if policy == "Foreground" and FOREGROUND not in finalizers:
        finalizers.append(FOREGROUND)
    if finalizers or kind is NAMESPACES:
        return _linger(store, kind, item, {"finalizers": finalizers} if finalizers else {}, now)
    last = store.remove(kind, namespace(item), name(item))
    return last if last and kind in RETURNED else _gone(kind, item)


def _check_preconditions(kind: Kind, item: Json, wanted: Json) -> None:
    for field in ("uid", "resourceVersion"):
        if wanted.get(field) and wanted[field] != item["metadata"][field]:
            why = f"the {field} in the precondition ({wanted[field]}) does not match ({item['metadata'][field]})"
            raise conflict(kind.plural, name(item), why)


def _delete_pod(store: Store, pod: Json, options: Json, now: datetime) -> Json:
    grace = options.get("gracePeriodSeconds")
    if grace is None:
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
    # A pod that no node runs yet, or whose containers have ended, has nobody to be gracious to.
    if grace <= 0 or is_finished(pod) or not pod["spec"].get("nodeName"):
        return store.remove(PODS, namespace(pod), name(pod)) or pod
    end = now + timedelta(seconds=grace)
    if is_terminating(pod) and moment_of(pod["metadata"]["deletionTimestamp"]) <= end.replace(microsecond=0):
        return pod
    changed = {"deletionTimestamp": timestamp(end), "deletionGracePeriodSeconds": grace}
    return store.put(PODS, {**pod, "metadata": pod["metadata"] | changed})


def _linger(store: Store, kind: Kind, item: Json, changed: Json, now: datetime) -> Json:
    if not is_terminating(item):
        changed = {**changed, "deletionTimestamp": timestamp(now), "deletionGracePeriodSeconds": 0}
    lingering = {**item, "metadata": item["metadata"] | changed}
    if kind is NAMESPACES:
        lingering["status"] = {**item.get("status", {}), "phase": "Terminating"}
    return store.put(kind, lingering)


def _orphan_dependents(store: Store, owner: Json) -> None:
    for kind in ALL:
        for item in store.every(kind, namespace(owner)):
            kept = [one for one in owners(item) if one["uid"] != uid(owner)]
            if len(kept) != len(owners(item)):
                store.put(kind, {**item, "metadata": item["metadata"] | {"ownerReferences": kept}})


def _gone(kind: Kind, item: Json) -> Json:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": name(item), "group": kind.group, "kind": kind.plural, "uid": uid(item)},
    }
