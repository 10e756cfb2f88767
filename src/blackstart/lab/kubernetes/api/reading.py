"""Getting and listing objects, as JSON or as tables."""

import re
from datetime import datetime

from blackstart.lab.kubernetes.api import tables
from blackstart.lab.kubernetes.api.message import Reply, Request
from blackstart.lab.kubernetes.api.paths import Target
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.kinds import DEPLOYMENTS, REPLICA_SETS, Kind
from blackstart.lab.kubernetes.objects.selectors import Matches, as_text, selection
from blackstart.lab.kubernetes.objects.shape import Json

_METADATA_ONLY = re.compile(r"as=PartialObjectMetadata(List)?\b")


def wants_table(request: Request) -> bool:
    """Say whether the client wants a Table."""
    return "as=Table" in request.headers.get("accept", "")


def wants_metadata(request: Request) -> bool:
    """Say whether the client wants metadata alone."""
    return _METADATA_ONLY.search(request.headers.get("accept", "")) is not None


def selected(request: Request) -> Matches:
    """Return the test that the request's selectors make.

    Raises:
        ApiError: 400, a selector cannot be read.

    """
    return selection(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))


def shown(item: Json, *, metadata_only: bool) -> Json:
    """Return the object as the client wants to see it."""
    if not metadata_only:
        return item
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}


def get(changes: Changes, target: Target, request: Request, now: datetime) -> Reply:
    """Answer a GET of one object or of its scale.

    Raises:
        ApiError: 404.

    """
    item = changes.read(target.kind, target.space, target.name)
    if target.subresource == "scale":
        return Reply(scale_of(target.kind, item))
    return object_reply(target.kind, item, request, now)


def object_reply(kind: Kind, item: Json, request: Request, now: datetime, code: int = 200) -> Reply:
    """Return one object in the form that the request asks for."""
    if wants_table(request) and item.get("kind") == kind.kind:
        return Reply(tables.table(kind, [item], now, include=request.query.get("includeObject", "Metadata")), code)
    return Reply(shown(item, metadata_only=wants_metadata(request)), code)


def list_objects(changes: Changes, target: Target, request: Request, now: datetime) -> Reply:
    """Answer a GET of a collection.

    Raises:
        ApiError: 400, a selector cannot be read.

    """
    matches = selected(request)
    items = [item for item in changes.store.every(target.kind, target.space) if matches(item)]
    metadata = {"resourceVersion": str(changes.store.revision)}
    if wants_table(request):
        found = tables.table(target.kind, items, now, include=request.query.get("includeObject", "Metadata"))
        return Reply(found | {"metadata": metadata})
    if wants_metadata(request):
        items = [shown(item, metadata_only=True) for item in items]
        kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
    else:
        kind, version = f"{target.kind.kind}List", target.kind.api_version
    return Reply({"kind": kind, "apiVersion": version, "metadata": metadata, "items": items})


def scale_of(kind: Kind, item: Json) -> Json:
    """Return the Scale of a Deployment or ReplicaSet."""
    if kind not in (DEPLOYMENTS, REPLICA_SETS):
        raise AssertionError(f"{kind.plural} have no scale")
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: value for key, value in item["metadata"].items() if key in kept},
        "spec": {"replicas": item["spec"]["replicas"]},
        "status": {
            "replicas": item.get("status", {}).get("replicas", 0),
            "selector": as_text(item["spec"]["selector"]),
        },
    }
