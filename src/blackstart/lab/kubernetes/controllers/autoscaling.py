"""Keeps a Deployment within its autoscaler's bounds. It measures no load, and like the real one it leaves a
Deployment at 0 replicas alone: a standby that is scaled to zero stays there until somebody scales it.
"""

from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.kinds import AUTOSCALERS, DEPLOYMENTS
from blackstart.lab.kubernetes.objects.shape import Json, namespace


def reconcile(changes: Changes) -> None:
    """Move every target into its bounds and report what was seen."""
    for autoscaler in changes.store.every(AUTOSCALERS):
        spec = autoscaler["spec"]
        target = changes.store.get(DEPLOYMENTS, namespace(autoscaler), spec["scaleTargetRef"]["name"])
        if target is None or spec["scaleTargetRef"]["kind"] != DEPLOYMENTS.kind:
            continue
        now = target["spec"]["replicas"]
        wanted = 0 if now == 0 else min(max(now, spec["minReplicas"]), spec["maxReplicas"])
        if wanted != now:
            changes.store.put(DEPLOYMENTS, _scaled(target, wanted))
        status = {"currentReplicas": target.get("status", {}).get("replicas", 0), "desiredReplicas": wanted}
        changes.set_status(AUTOSCALERS, autoscaler, status | {"currentMetrics": None})


def _scaled(target: Json, replicas: int) -> Json:
    metadata = target["metadata"] | {"generation": target["metadata"]["generation"] + 1}
    return {**target, "metadata": metadata, "spec": target["spec"] | {"replicas": replicas}}
