"""Every accepted change of an object goes through here: creation, update, patch, deletion."""

import random
import uuid
from collections.abc import Callable

from blackstart.clock import Clock
from blackstart.lab.kubernetes.objects import defaults, deletion, validation
from blackstart.lab.kubernetes.objects.failure import already_exists, bad_request, conflict, forbidden, not_found
from blackstart.lab.kubernetes.objects.kinds import NAMESPACES, NODES, PODS, SERVICES, Kind
from blackstart.lab.kubernetes.objects.shape import Json, copied, is_terminating, name, namespace, timestamp
from blackstart.lab.kubernetes.objects.store import Store

_SUFFIX_SIGNS = "bcdfghjklmnpqrstvwxz2456789"
_SYSTEM_METADATA = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
_NO_GENERATION = (PODS, SERVICES, NAMESPACES, NODES)


def suffix(length: int = 5) -> str:
    """Return random letters that a generated name ends in."""
    return "".join(random.choices(_SUFFIX_SIGNS, k=length))


class Changes:
    """Creates, changes and deletes objects by the API's rules, each in one step."""

    def __init__(self, store: Store, clock: Clock):
        self.store = store
        self._clock = clock

    def now(self) -> str:
        return timestamp(self._clock.wall())

    def read(self, kind: Kind, space: str, item_name: str) -> Json:
        """Return an object.

        Raises:
            ApiError: 404.

        """
        item = self.store.get(kind, space, item_name)
        if item is None:
            raise not_found(kind.plural, item_name, kind.group)
        return item

    def create(self, kind: Kind, space: str, body: Json, *, dry_run: bool = False) -> Json:
        """Store a new object and return it, defaults filled in.

        Raises:
            ApiError: 400 misfit body, 403 or 404 namespace, 409 it exists, 422 invalid.

        """
        item = self._admitted(kind, space, copied(body))
        metadata = item["metadata"]
        if self.store.get(kind, namespace(item), name(item)) is not None:
            raise already_exists(kind.plural, name(item))
        for field in (*_SYSTEM_METADATA, "resourceVersion"):
            metadata.pop(field, None)
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.now()}
        if "spec" in item and kind not in _NO_GENERATION:
            metadata["generation"] = 1
        if "status" in kind.subresources and kind is not NODES:
            item.pop("status", None)
        defaults.fill(kind, item)
        validation.check(kind, item)
        return item if dry_run else self.store.put(kind, item)

    def modify(
        self,
        kind: Kind,
        space: str,
        item_name: str,
        change: Callable[[Json], Json],
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Replace an object by what ``change`` makes of a copy of it, and return it as stored.

        ``subresource`` "status" takes the status alone; otherwise the status stays as it was.

        Raises:
            ApiError: 404, 409 it is not at the revision that the change names, 422 invalid.

        """
        current = self.read(kind, space, item_name)
        wanted = copied(change(copied(current)))
        self._check_identity(kind, current, wanted)
        item = _merged(kind, current, wanted, subresource)
        if subresource != "status":
            defaults.fill(kind, item)
            validation.check(kind, item)
            validation.check_change(kind, current, item)
            if kind not in _NO_GENERATION and item.get("spec") != current.get("spec"):
                item["metadata"]["generation"] = current["metadata"].get("generation", 1) + 1
        if dry_run:
            return item
        stored = self.store.put(kind, item)
        if _may_go(kind, stored):
            self.store.remove(kind, space, item_name)
        return stored

    def set_status(self, kind: Kind, item: Json, status: Json) -> Json:
        """Store that status for an object, if it is still there."""
        current = self.store.get(kind, namespace(item), name(item))
        if current is None or current["metadata"]["uid"] != item["metadata"]["uid"]:
            return item
        return self.store.put(kind, {**current, "status": status})

    def delete(self, kind: Kind, space: str, item_name: str, options: Json) -> Json:
        """Delete an object as the options ask, and return what the API answers.

        Raises:
            ApiError: 404, 409 a precondition does not hold.

        """
        item = self.read(kind, space, item_name)
        return deletion.delete(self.store, kind, item, options, self._clock.wall())

    def _admitted(self, kind: Kind, space: str, item: Json) -> Json:
        if item.setdefault("kind", kind.kind) != kind.kind:
            raise bad_request(f"expected a {kind.kind}, got a {item['kind']}")
        if item.setdefault("apiVersion", kind.api_version) != kind.api_version:
            raise bad_request(f"expected {kind.api_version}, got {item['apiVersion']}")
        metadata = item["metadata"] = item.get("metadata") or {}
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                raise bad_request("name or generateName is required")
            metadata["name"] = metadata["generateName"] + suffix()
        if kind.namespaced:
            if metadata.setdefault("namespace", space) != space:
                raise bad_request("the namespace of the object does not match the namespace of the request")
            self._check_namespace(space)
        else:
            metadata.pop("namespace", None)
        return item

    def _check_namespace(self, space: str) -> None:
        found = self.store.get(NAMESPACES, "", space)
        if found is None:
            raise not_found("namespaces", space)
        if is_terminating(found):
            raise forbidden(f"unable to create new content in namespace {space} because it is being terminated")

    def _check_identity(self, kind: Kind, current: Json, wanted: Json) -> None:
        metadata = wanted.get("metadata") or {}
        if metadata.get("name", name(current)) != name(current):
            raise bad_request("the name of the object does not match the name on the URL")
        if metadata.get("uid", current["metadata"]["uid"]) != current["metadata"]["uid"]:
            raise conflict(kind.plural, name(current), "the object was deleted and created anew: its uid differs")
        revision = metadata.get("resourceVersion") or current["metadata"]["resourceVersion"]
        if revision != current["metadata"]["resourceVersion"]:
            why = "the object has been modified; please apply your changes to the latest version and try again"
            raise conflict(kind.plural, name(current), why)


def _may_go(kind: Kind, item: Json) -> bool:
    """Say whether a lingering object has nothing left to wait for. Pods and namespaces have their own endings."""
    return kind not in (PODS, NAMESPACES) and is_terminating(item) and not item["metadata"].get("finalizers")


def _merged(kind: Kind, current: Json, wanted: Json, subresource: str) -> Json:
    if subresource == "status":
        return {**current, "status": wanted.get("status", {})}
    kept = {field: current["metadata"][field] for field in _SYSTEM_METADATA if field in current["metadata"]}
    metadata = (wanted.get("metadata") or {}) | kept | {"name": name(current)}
    metadata["resourceVersion"] = current["metadata"]["resourceVersion"]
    if kind.namespaced:
        metadata["namespace"] = namespace(current)
    item = {**wanted, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    if "status" in kind.subresources and "status" in current:
        item["status"] = current["status"]
    return item
