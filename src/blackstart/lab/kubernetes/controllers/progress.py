"""What a Deployment reports of itself: counters and conditions."""

from datetime import timedelta

from blackstart.lab.kubernetes.objects.shape import Json, condition, is_terminating, moment_of, name, without_zeros


def deployment_status(
    deployment: Json, current: Json | None, sets: list[Json], unavailable_allowed: int, now: str
) -> Json:
    """Return the status of a Deployment from its ReplicaSets; ``current`` is the one of the present template."""
    total = _sum(sets, "replicas")
    available = _sum(sets, "availableReplicas")
    counters = {
        "replicas": total,
        "updatedReplicas": _sum([current] if current else [], "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total - available, deployment["spec"]["replicas"] - available),
    }
    status = {"observedGeneration": deployment["metadata"].get("generation", 1)} | without_zeros(counters)
    enough = available >= deployment["spec"]["replicas"] - unavailable_allowed
    status["conditions"] = [
        _progressing(deployment, current, status, now),
        _availability(deployment, enough, now),
    ]
    return status


def _sum(sets: list[Json], counter: str) -> int:
    return sum(one.get("status", {}).get(counter, 0) for one in sets if not is_terminating(one))


def _availability(deployment: Json, enough: bool, now: str) -> Json:
    if enough:
        message, reason = "Deployment has minimum availability.", "MinimumReplicasAvailable"
    else:
        message, reason = "Deployment does not have minimum availability.", "MinimumReplicasUnavailable"
    return _condition(deployment, "Available", "True" if enough else "False", reason, message, now, now)


def _progressing(deployment: Json, current: Json | None, status: Json, now: str) -> Json:
    before = condition(deployment, "Progressing")
    rs_name = name(current) if current else ""
    settled = before is not None and before["reason"] == "NewReplicaSetAvailable" and rs_name in before["message"]
    if _complete(deployment, status) or (settled and status.get("replicas", 0) == status.get("updatedReplicas", 0)):
        message = f'ReplicaSet "{rs_name}" has successfully progressed.'
        return _condition(deployment, "Progressing", "True", "NewReplicaSetAvailable", message, now, now)
    moved = _counters(deployment.get("status", {})) != _counters(status)
    since = now if before is None or moved or settled else before["lastUpdateTime"]
    deadline = timedelta(seconds=deployment["spec"]["progressDeadlineSeconds"])
    if moment_of(now) - moment_of(since) > deadline:
        message = f'ReplicaSet "{rs_name}" has timed out progressing.'
        return _condition(deployment, "Progressing", "False", "ProgressDeadlineExceeded", message, now, since)
    message = f'ReplicaSet "{rs_name}" is progressing.'
    return _condition(deployment, "Progressing", "True", "ReplicaSetUpdated", message, now, since)


def _complete(deployment: Json, status: Json) -> bool:
    desired = deployment["spec"]["replicas"]
    return all(status.get(key, 0) == desired for key in ("replicas", "updatedReplicas", "availableReplicas"))


def _counters(status: Json) -> Json:
    return {key: value for key, value in status.items() if key.endswith("Replicas") or key == "replicas"}


def _condition(deployment: Json, kind: str, state: str, reason: str, message: str, now: str, updated: str) -> Json:
    found = {"type": kind, "status": state, "reason": reason, "message": message}
    before = condition(deployment, kind)
    if before is None or before["status"] != state:
        return found | {"lastUpdateTime": updated, "lastTransitionTime": now}
    # An unchanged condition keeps its times, or every look would be a change.
    if reason != "ReplicaSetUpdated" and (before["reason"], before["message"]) == (reason, message):
        updated = before["lastUpdateTime"]
    return found | {"lastUpdateTime": updated, "lastTransitionTime": before["lastTransitionTime"]}
