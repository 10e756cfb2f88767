"""Watches: the changes of a collection, one JSON object a line, from a revision on."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime

from blackstart.lab.kubernetes.api import reading, tables
from blackstart.lab.kubernetes.api.message import Request, Stream
from blackstart.lab.kubernetes.api.paths import Target
from blackstart.lab.kubernetes.objects.failure import ApiError, bad_request, expired
from blackstart.lab.kubernetes.objects.selectors import Matches
from blackstart.lab.kubernetes.objects.shape import Json, namespace
from blackstart.lab.kubernetes.objects.store import Event, Store, Subscription

BOOKMARK_S = 30.0
"""How often a watcher that asked for bookmarks gets one, while nothing else happens."""

DEFAULT_TIMEOUT_S = 1800.0
INITIAL_END = "k8s.io/initial-events-end"


@dataclass(frozen=True)
class _View:
    """What one watcher sees, and in which form."""

    target: Target
    matches: Matches
    table: bool
    include: str
    metadata_only: bool
    bookmarks: bool
    now: Callable[[], datetime]

    def sees(self, item: Json | None) -> bool:
        return (
            item is not None
            and (not self.target.space or namespace(item) == self.target.space)
            and (not self.target.name or item["metadata"]["name"] == self.target.name)
            and self.matches(item)
        )

    def line(self, change: str, item: Json, *, first: bool = False) -> bytes:
        shown = reading.shown(item, metadata_only=self.metadata_only)
        if self.table:
            shown = tables.table(self.target.kind, [item], self.now(), include=self.include, with_columns=first)
        return _line(change, shown)

    def translate(self, event: Event) -> tuple[str, Json] | None:
        """Return the change as this watcher sees it: an object that leaves its selection is deleted to it."""
        if event.change == "DELETED":
            return ("DELETED", event.item) if self.sees(event.previous) else None
        was, is_now = self.sees(event.previous), self.sees(event.item)
        if was and is_now:
            return "MODIFIED", event.item
        if is_now:
            return "ADDED", event.item
        return ("DELETED", event.item) if was else None


def watch(store: Store, target: Target, request: Request, now: Callable[[], datetime]) -> Stream:
    """Answer a watch.

    Raises:
        ApiError: 400, a selector or a number cannot be read.

    """
    view = _View(
        target=target,
        matches=reading.selected(request),
        table=reading.wants_table(request),
        include=request.query.get("includeObject", "Metadata"),
        metadata_only=reading.wants_metadata(request),
        bookmarks=request.asks("allowWatchBookmarks"),
        now=now,
    )
    since = request.query.get("resourceVersion", "")
    initial = request.asks("sendInitialEvents") or since in ("", "0")
    timeout_s = _timeout(request)
    try:
        past = [] if initial else _past(store, target, since)
    except ApiError as failure:
        # As from a real API server, the watch begins and its first event is the failure.
        return Stream(_refusal(failure))
    return Stream(_changes(store, view, past, timeout_s, initial=initial, marked=request.asks("sendInitialEvents")))


def _past(store: Store, target: Target, since: str) -> list[Event]:
    if not since.isdigit():
        raise bad_request(f"invalid resource version: {since!r}")
    if int(since) > store.revision:
        raise expired(f"resource version {since} lies ahead of {store.revision}: the cluster was restarted")
    return store.since(target.kind, int(since))


def _timeout(request: Request) -> float:
    try:
        return float(request.query.get("timeoutSeconds") or DEFAULT_TIMEOUT_S)
    except ValueError:
        raise bad_request("timeoutSeconds must be a number") from None


async def _refusal(failure: ApiError) -> AsyncGenerator[bytes]:
    yield _line("ERROR", failure.status())


async def _changes(
    store: Store, view: _View, past: list[Event], timeout_s: float, *, initial: bool, marked: bool
) -> AsyncGenerator[bytes]:
    subscription = Subscription(store, view.target.kind)
    start_revision, first = store.revision, True
    existing = [item for item in store.every(view.target.kind) if view.sees(item)] if initial else []
    try:
        seen: list[tuple[str, Json] | None] = [("ADDED", item) for item in existing]
        for found in seen + [view.translate(event) for event in past]:
            if found is not None:
                yield view.line(*found, first=first)
                first = False
        if marked:
            yield _bookmark(view, start_revision, initial_end=True)
        async for line in _live(store, subscription, view, timeout_s, first=first):
            yield line
    finally:
        subscription.close()


async def _live(
    store: Store, subscription: Subscription, view: _View, timeout_s: float, *, first: bool
) -> AsyncGenerator[bytes]:
    clock = asyncio.get_running_loop().time
    end = clock() + timeout_s
    while clock() < end:
        event = await subscription.next(min(end - clock(), BOOKMARK_S))
        if event is None:
            if view.bookmarks:
                yield _bookmark(view, store.revision, initial_end=False)
            continue
        found = view.translate(event)
        if found is not None:
            yield view.line(*found, first=first)
            first = False


def _bookmark(view: _View, revision: int, *, initial_end: bool) -> bytes:
    metadata: Json = {"resourceVersion": str(revision)}
    if initial_end:
        metadata["annotations"] = {INITIAL_END: "true"}
    kind = view.target.kind
    return _line("BOOKMARK", {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata})


def _line(change: str, item: Json) -> bytes:
    return json.dumps({"type": change, "object": item}, separators=(",", ":")).encode() + b"\n"
