"""Eviction: a deletion that asks the disruption budgets first."""

import math
from typing import Any

from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.failure import ApiError
from blackstart.lab.kubernetes.objects.kinds import DISRUPTION_BUDGETS, PODS
from blackstart.lab.kubernetes.objects.selectors import admits, from_selector
from blackstart.lab.kubernetes.objects.shape import Json, is_ready, is_terminating, labels


def evict(changes: Changes, space: str, pod_name: str, body: Json) -> Json:
    """Evict a pod and return the API's answer.

    Raises:
        ApiError: 404, or 429 where a disruption budget forbids it.

    """
    pod = changes.read(PODS, space, pod_name)
    for budget in changes.store.every(DISRUPTION_BUDGETS, space):
        if is_ready(pod) and _covers(budget, pod) and disruptions_allowed(budget, changes.store.every(PODS, space)) < 1:
            why = "Cannot evict pod as it would violate the pod's disruption budget."
            raise ApiError(429, "TooManyRequests", why, {"causes": [{"reason": "DisruptionBudget"}]})
    changes.delete(PODS, space, pod_name, body.get("deleteOptions") or {})
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def disruptions_allowed(budget: Json, pods: list[Json]) -> int:
    """Return how many of its ready pods a budget lets go now."""
    covered = [pod for pod in pods if _covers(budget, pod) and not is_terminating(pod)]
    healthy = sum(is_ready(pod) for pod in covered)
    spec = budget["spec"]
    if "minAvailable" in spec:
        needed = _amount(spec["minAvailable"], len(covered))
    else:
        needed = len(covered) - _amount(spec.get("maxUnavailable", 0), len(covered))
    return max(0, healthy - needed)


def _covers(budget: Json, pod: Json) -> bool:
    return admits(from_selector(budget["spec"].get("selector") or {}), labels(pod))


def _amount(value: Any, total: int) -> int:
    text = str(value)
    return math.ceil(total * int(text[:-1]) / 100) if text.endswith("%") else int(text)
