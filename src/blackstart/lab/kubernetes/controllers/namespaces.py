"""Empties namespaces that are being deleted, and gives each namespace its service account."""

from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.kinds import ALL, NAMESPACES, SERVICE_ACCOUNTS
from blackstart.lab.kubernetes.objects.shape import Json, is_terminating, name


def reconcile(changes: Changes) -> None:
    """Bring every namespace to what it should hold."""
    for space in changes.store.every(NAMESPACES):
        if is_terminating(space):
            _empty(changes, space)
        elif changes.store.get(SERVICE_ACCOUNTS, name(space), "default") is None:
            changes.create(SERVICE_ACCOUNTS, name(space), {"metadata": {"name": "default"}})


def _empty(changes: Changes, space: Json) -> None:
    left = 0
    for kind in ALL:
        for item in changes.store.every(kind, name(space)) if kind.namespaced else []:
            left += 1
            if not is_terminating(item):
                changes.delete(kind, name(space), name(item), {})
    if left == 0:
        changes.store.remove(NAMESPACES, "", name(space))
