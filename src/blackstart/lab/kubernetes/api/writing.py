"""Creating, replacing, patching and deleting objects."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from blackstart.lab.kubernetes.api import bodies, reading
from blackstart.lab.kubernetes.api.message import Reply, Request
from blackstart.lab.kubernetes.api.paths import Target
from blackstart.lab.kubernetes.objects.apply import apply
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.eviction import evict
from blackstart.lab.kubernetes.objects.failure import bad_request, not_allowed, not_found, unsupported
from blackstart.lab.kubernetes.objects.patches import json_patch, merge
from blackstart.lab.kubernetes.objects.shape import Json, name, namespace, timestamp
from blackstart.lab.kubernetes.objects.strategic import strategic_merge

Patch = Callable[[Json, Any], Json]
_PATCHES: dict[str, Patch] = {
    "application/merge-patch+json": merge,
    "application/strategic-merge-patch+json": strategic_merge,
    "application/json-patch+json": json_patch,
}
_APPLY = "application/apply-patch+yaml"


def create(changes: Changes, target: Target, request: Request, now: datetime) -> Reply:
    """Answer a POST: a new object, or an eviction.

    Raises:
        ApiError: 400, 404, 405, 409, 415, 422 or 429.

    """
    body = bodies.decode_object(request)
    if target.subresource == "eviction":
        return Reply(evict(changes, target.space, target.name, body), 201)
    if target.name:
        raise not_allowed("POST goes to a collection")
    item = changes.create(target.kind, target.space, body, dry_run=request.dry_run)
    return reading.object_reply(target.kind, item, request, now, 201)


def replace(changes: Changes, target: Target, request: Request, now: datetime) -> Reply:
    """Answer a PUT.

    Raises:
        ApiError: 400, 404, 409, 415 or 422.

    """
    body = bodies.decode_object(request)
    return _change(changes, target, request, now, lambda _: body)


def patch(changes: Changes, target: Target, request: Request, now: datetime) -> Reply:
    """Answer a PATCH of any of the four kinds.

    Raises:
        ApiError: 400, 404, 409, 415 or 422.

    """
    kind = bodies.media_type(request)
    body = bodies.decode(request)
    if kind == _APPLY:
        return _apply(changes, target, request, now, body)
    if kind not in _PATCHES:
        raise unsupported(f"{kind} is no patch: send one of {', '.join([*_PATCHES, _APPLY])}")
    return _change(changes, target, request, now, lambda current: _PATCHES[kind](current, body))


def delete(changes: Changes, target: Target, request: Request, now: datetime) -> Reply:
    """Answer a DELETE of an object or of all selected ones.

    Raises:
        ApiError: 400, 404, 409 or 415.

    """
    options = _delete_options(request)
    if target.name:
        if request.dry_run or options.get("dryRun"):
            return Reply(changes.read(target.kind, target.space, target.name))
        item = changes.delete(target.kind, target.space, target.name, options)
        return reading.object_reply(target.kind, item, request, now)
    matches = reading.selected(request)
    gone = [item for item in changes.store.every(target.kind, target.space) if matches(item)]
    for item in gone:
        changes.delete(target.kind, namespace(item), name(item), options)
    metadata = {"resourceVersion": str(changes.store.revision)}
    kind, version = f"{target.kind.kind}List", target.kind.api_version
    return Reply({"kind": kind, "apiVersion": version, "metadata": metadata, "items": gone})


def _delete_options(request: Request) -> Json:
    options = bodies.decode_object(request)
    if "gracePeriodSeconds" in request.query:
        options["gracePeriodSeconds"] = int(request.query["gracePeriodSeconds"])
    if "propagationPolicy" in request.query:
        options["propagationPolicy"] = request.query["propagationPolicy"]
    return options


def _change(changes: Changes, target: Target, request: Request, now: datetime, change: Callable[[Json], Json]) -> Reply:
    kind, sub = target.kind, target.subresource
    if sub in ("eviction", "log"):
        raise not_allowed(f"{sub} cannot be changed")

    def scaled(current: Json) -> Json:
        scale = change(reading.scale_of(kind, current))
        metadata = current["metadata"] | {
            key: value for key, value in (scale.get("metadata") or {}).items() if key == "resourceVersion" and value
        }
        replicas = (scale.get("spec") or {}).get("replicas", 0)
        return {**current, "metadata": metadata, "spec": current["spec"] | {"replicas": replicas}}

    made = changes.modify(
        kind,
        target.space,
        target.name,
        scaled if sub == "scale" else change,
        subresource="status" if sub == "status" else "",
        dry_run=request.dry_run,
    )
    return Reply(reading.scale_of(kind, made)) if sub == "scale" else reading.object_reply(kind, made, request, now)


def _apply(changes: Changes, target: Target, request: Request, now: datetime, body: Any) -> Reply:
    if not isinstance(body, dict) or "metadata" not in body:
        raise bad_request("an apply patch is a whole object")
    manager = request.query.get("fieldManager")
    if not manager:
        raise bad_request("fieldManager is required for apply patch")
    force = request.asks("force")

    def applied(current: Json | None) -> Json:
        return apply(current, body, manager=manager, force=force, now=timestamp(now))

    if changes.store.get(target.kind, target.space, target.name) is not None:
        return _change(changes, target, request, now, applied)
    if target.subresource:
        raise not_found(target.kind.plural, target.name, target.kind.group)
    body["metadata"].setdefault("name", target.name)
    item = changes.create(target.kind, target.space, applied(None), dry_run=request.dry_run)
    return reading.object_reply(target.kind, item, request, now, 201)
