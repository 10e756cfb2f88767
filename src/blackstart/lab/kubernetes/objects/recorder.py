"""Events: what happened to an object, for ``kubectl describe``."""

from blackstart.lab.kubernetes.objects.changes import Changes, suffix
from blackstart.lab.kubernetes.objects.kinds import EVENTS
from blackstart.lab.kubernetes.objects.shape import Json, name, namespace, uid

KEPT = 200
"""Events kept a cluster; the oldest go first."""


class Recorder:
    """Records events, counting repeats instead of storing them again."""

    def __init__(self, changes: Changes, component: str):
        self._changes = changes
        self._component = component
        self._names: dict[tuple[str, str, str], str] = {}

    def record(self, item: Json, reason: str, message: str, *, warning: bool = False) -> None:
        """Record that something happened to an object."""
        key = (uid(item), reason, message)
        known = self._changes.store.get(EVENTS, namespace(item), self._names.get(key, ""))
        if known is not None:
            repeated = {"count": known["count"] + 1, "lastTimestamp": self._changes.now()}
            self._changes.store.put(EVENTS, known | repeated)
            return
        self._names[key] = f"{name(item)}.{suffix(16)}"
        self._changes.store.put(EVENTS, self._event(item, self._names[key], reason, message, warning=warning))
        self._forget()

    def _event(self, item: Json, event_name: str, reason: str, message: str, *, warning: bool) -> Json:
        now = self._changes.now()
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": event_name,
                "namespace": namespace(item),
                "uid": suffix(32),
                "creationTimestamp": now,
            },
            "involvedObject": {
                "apiVersion": item["apiVersion"],
                "kind": item["kind"],
                "name": name(item),
                "namespace": namespace(item),
                "uid": uid(item),
            },
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": message,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }

    def _forget(self) -> None:
        oldest = sorted(self._changes.store.every(EVENTS), key=lambda event: str(event["lastTimestamp"]))
        for event in oldest[:-KEPT]:
            self._changes.store.remove(EVENTS, namespace(event), name(event))
        if len(self._names) > 4 * KEPT:
            self._names.clear()
