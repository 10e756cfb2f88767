"""Runs all controllers whenever something changed, until nothing moves any more."""

import asyncio
import logging
from collections.abc import Callable

from blackstart.lab.kubernetes.controllers import (
    autoscaling,
    budgets,
    deployments,
    endpoints,
    garbage,
    namespaces,
    replica_sets,
)
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.kinds import EVENTS
from blackstart.lab.kubernetes.objects.store import Event

_log = logging.getLogger(__name__)

RESYNC_S = 1.0
"""How often the controllers look although nothing changed: some rules depend on time alone."""

PASSES = 100
"""More passes than any change needs; beyond them two controllers disagree and wait for the next change."""

CONTROLLERS: tuple[Callable[[Changes], None], ...] = (
    autoscaling.reconcile,
    deployments.reconcile,
    replica_sets.reconcile,
    endpoints.reconcile,
    budgets.reconcile,
    garbage.reconcile,
    namespaces.reconcile,
)


def settle(changes: Changes) -> None:
    """Run the controllers until a whole pass changes nothing."""
    for _ in range(PASSES):
        before = changes.store.revision
        for reconcile in CONTROLLERS:
            _attempt(reconcile, changes)
        if changes.store.revision == before:
            return


def _attempt(reconcile: Callable[[Changes], None], changes: Changes) -> None:
    try:
        reconcile(changes)
    except Exception:  # noqa: BLE001 - one object that a controller stumbles over must not stop the others
        _log.exception("%s failed: it tries again with the next change", reconcile.__module__)


class ControlLoop:
    """Settles the cluster after each burst of changes."""

    def __init__(self, changes: Changes):
        self._changes = changes
        self._changed = asyncio.Event()
        changes.store.listen(self._notice)

    def _notice(self, event: Event) -> None:
        if event.kind is not EVENTS:
            self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._changed.clear()
            settle(self._changes)
            self._changed.clear()
            try:
                async with asyncio.timeout(RESYNC_S):
                    await self._changed.wait()
            except TimeoutError:
                continue
