"""Reading Kubernetes objects, which are plain JSON: names, labels, owners, conditions."""

import copy
from datetime import datetime
from typing import Any

Json = dict[str, Any]
"""A JSON object. Stored ones are never changed in place: copy, change, put."""


def copied(value: Any) -> Any:
    """Return a deep copy of a JSON value."""
    return copy.deepcopy(value)


def name(item: Json) -> str:
    """Return the object's name."""
    return str(item["metadata"]["name"])


def namespace(item: Json) -> str:
    """Return the namespace, "" for cluster-wide objects."""
    return str(item["metadata"].get("namespace", ""))


def uid(item: Json) -> str:
    """Return the uid, which no other object ever has."""
    return str(item["metadata"].get("uid", ""))


def labels(item: Json) -> dict[str, str]:
    """Return the labels, {} where there are none."""
    return item["metadata"].get("labels") or {}


def owners(item: Json) -> list[Json]:
    """Return the owner references."""
    return item["metadata"].get("ownerReferences") or []


def controller_of(item: Json) -> str | None:
    """Return the uid of the object that controls this one."""
    return next((str(owner["uid"]) for owner in owners(item) if owner.get("controller")), None)


def owner_reference(owner: Json) -> Json:
    """Return the reference by which ``owner`` controls another object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name(owner),
        "uid": uid(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_terminating(item: Json) -> bool:
    """Say whether the deletion has begun."""
    return "deletionTimestamp" in item["metadata"]


def condition(item: Json, kind: str) -> Json | None:
    """Return the status condition of that type."""
    return next((one for one in item.get("status", {}).get("conditions") or [] if one["type"] == kind), None)


def is_ready(pod: Json) -> bool:
    """Say whether the pod's Ready condition holds."""
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def is_finished(pod: Json) -> bool:
    """Say whether the pod's containers have ended for good."""
    return pod.get("status", {}).get("phase") in ("Failed", "Succeeded")


def timestamp(moment: datetime) -> str:
    """Return the time as Kubernetes writes it: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """Return the time that a timestamp names."""
    return datetime.fromisoformat(text)


def without_zeros(counters: Json) -> Json:
    """Return the counters without those that are 0: Kubernetes omits them, and clients tell null from 0."""
    return {key: value for key, value in counters.items() if value != 0 or isinstance(value, bool)}
