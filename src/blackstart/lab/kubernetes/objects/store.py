"""The store: all objects of one cluster, one revision counter, and the recent events."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from blackstart.lab.kubernetes.objects.failure import expired
from blackstart.lab.kubernetes.objects.kinds import Kind
from blackstart.lab.kubernetes.objects.shape import Json, name, namespace

WINDOW = 4096
"""Events kept for watches that start in the past; an older start is answered 410."""

RESTART_GAP = 100_000
"""Revisions skipped at a restart, so that none given out before (pods are not saved) is given out again."""

Change = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True)
class Event:
    """One change of one object. ``previous`` is what it was before, if it was."""

    revision: int
    change: Change
    kind: Kind
    item: Json
    previous: Json | None


class Store:
    """Objects by kind, namespace and name. What is stored is never changed in place."""

    def __init__(self) -> None:
        self.revision = 1
        self._floor = 1
        self._objects: dict[Kind, dict[tuple[str, str], Json]] = {}
        self._events: deque[Event] = deque()
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` on every change, from within the change."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[Event], None]) -> None:
        self._listeners.remove(listener)

    def get(self, kind: Kind, space: str, item_name: str) -> Json | None:
        return self._objects.get(kind, {}).get((space, item_name))

    def every(self, kind: Kind, space: str = "") -> list[Json]:
        """Return that kind's objects in a namespace ("" for all), by namespace and name."""
        found = sorted(self._objects.get(kind, {}).items())
        return [item for (where, _), item in found if not space or where == space]

    def put(self, kind: Kind, item: Json) -> Json:
        """Store a new or changed object and return it as stored; one that changes nothing makes no event."""
        place = (namespace(item), name(item))
        previous = self._objects.get(kind, {}).get(place)
        if previous is not None and _same(previous, item):
            return previous
        self.revision += 1
        stored = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.revision)}}
        self._objects.setdefault(kind, {})[place] = stored
        self._publish(Event(self.revision, "MODIFIED" if previous else "ADDED", kind, stored, previous))
        return stored

    def remove(self, kind: Kind, space: str, item_name: str) -> Json | None:
        """Take an object out and return it as it was last, or None if it is not there."""
        previous = self._objects.get(kind, {}).pop((space, item_name), None)
        if previous is None:
            return None
        self.revision += 1
        last = {**previous, "metadata": {**previous["metadata"], "resourceVersion": str(self.revision)}}
        self._publish(Event(self.revision, "DELETED", kind, last, previous))
        return last

    def since(self, kind: Kind, revision: int) -> list[Event]:
        """Return that kind's events after a revision.

        Raises:
            ApiError: 410, the events that followed it are forgotten.

        """
        if revision < self._floor:
            raise expired(f"too old resource version: {revision} ({self._floor})")
        return [event for event in self._events if event.revision > revision and event.kind is kind]

    def restore(self, items: Iterable[tuple[Kind, Json]], revision: int) -> None:
        """Take over the objects of an earlier life that ended at ``revision``."""
        self.revision = self._floor = revision + RESTART_GAP
        for kind, item in items:
            self._objects.setdefault(kind, {})[namespace(item), name(item)] = item

    def _publish(self, event: Event) -> None:
        self._events.append(event)
        if len(self._events) > WINDOW:
            self._floor = self._events.popleft().revision
        for listener in tuple(self._listeners):
            listener(event)


class Subscription:
    """The changes of one kind from now on, for one watcher. Close it."""

    def __init__(self, store: Store, kind: Kind):
        self._store = store
        self._kind = kind
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        store.listen(self._receive)

    def _receive(self, event: Event) -> None:
        if event.kind is self._kind:
            self._queue.put_nowait(event)

    async def next(self, timeout_s: float) -> Event | None:
        """Return the next change, or None when there was none for that long."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._queue.get()
        except TimeoutError:
            return None

    def close(self) -> None:
        self._store.forget(self._receive)


def _same(old: Json, new: Json) -> bool:
    def bare(item: Json) -> Json:
        return {key: value for key, value in item["metadata"].items() if key != "resourceVersion"}

    return {**old, "metadata": bare(old)} == {**new, "metadata": bare(new)}
