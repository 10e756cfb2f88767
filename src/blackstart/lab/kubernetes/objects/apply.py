"""Server-side apply: each manager owns the fields it applied; what it stops applying goes away.

Only appliers own fields here. A field that was last set by an update or a patch belongs to nobody, so an apply
takes it over without a conflict, where a real cluster would ask for ``--force-conflicts``.
"""

import json
from typing import Any

from blackstart.lab.kubernetes.objects.failure import ApiError
from blackstart.lab.kubernetes.objects.shape import Json, copied
from blackstart.lab.kubernetes.objects.strategic import merge_key, strategic_merge

Path = tuple[str, ...]
"""A field, as the parts of ``fieldsV1``: ``f:spec``, ``f:containers``, ``k:{"name":"shop"}``, ``f:image``."""

_IDENTITY = ("apiVersion", "kind")
_IDENTITY_METADATA = ("name", "namespace", "managedFields", "resourceVersion", "uid", "creationTimestamp")


def apply(current: Json | None, wanted: Json, *, manager: str, force: bool, now: str) -> Json:
    """Return the object after ``manager`` applied ``wanted``.

    Raises:
        ApiError: 409, another applier owns a field with another value, and ``force`` was not asked.

    """
    wanted = copied(wanted)
    wanted["metadata"].pop("managedFields", None)
    base = copied(current) if current else {"metadata": {}}
    entries: list[Json] = base["metadata"].get("managedFields") or []
    mine = leaves(_owned_part(wanted))
    others = [entry for entry in entries if entry["manager"] != manager]
    _settle_conflicts(base, wanted, others, mine, force=force)
    kept_by_others = {path for entry in others for path in _paths(entry["fieldsV1"])}
    before = {path for entry in entries if entry["manager"] == manager for path in _paths(entry["fieldsV1"])}
    for path in before - set(mine) - kept_by_others:
        _drop(base, path)
    result: Json = strategic_merge(base, wanted)
    result["metadata"]["managedFields"] = [*others, _entry(manager, wanted["apiVersion"], set(mine), now)]
    return result


def leaves(value: Any, field: str = "", at: Path = ()) -> dict[Path, Any]:
    """Return every leaf below ``value`` with its path. Lists without a key are leaves."""
    if isinstance(value, dict) and value:
        found: dict[Path, Any] = {}
        for key, below in value.items():
            found |= leaves(below, key, (*at, f"f:{key}"))
        return found
    key = merge_key(field, value) if isinstance(value, list) and value and isinstance(value[0], dict) else None
    if key is None:
        return {at: value}
    found = {}
    for item in value:
        place = (*at, "k:" + json.dumps({key: item.get(key)}, separators=(",", ":")))
        found[(*place, ".")] = None
        found |= leaves(item, "", place)
    return found


def _owned_part(wanted: Json) -> Json:
    part = {key: value for key, value in wanted.items() if key not in _IDENTITY}
    part["metadata"] = {key: value for key, value in wanted["metadata"].items() if key not in _IDENTITY_METADATA}
    return part


def _settle_conflicts(base: Json, wanted: Json, others: list[Json], mine: dict[Path, Any], *, force: bool) -> None:
    have = leaves(base)
    for entry in others:
        theirs = _paths(entry["fieldsV1"])
        clash = {path for path in theirs & set(mine) if path[-1] != "." and have.get(path) != mine[path]}
        if clash and not force:
            fields = ", ".join(sorted(".".join(part.removeprefix("f:") for part in path) for path in clash))
            raise ApiError(
                409, "Conflict", f'Apply failed with 1 conflict: conflict with "{entry["manager"]}": {fields}'
            )
        entry["fieldsV1"] = _tree(theirs - clash)


def _entry(manager: str, api_version: str, paths: set[Path], now: str) -> Json:
    return {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": _tree(paths),
    }


def _tree(paths: set[Path]) -> Json:
    root: Json = {}
    for path in sorted(paths):
        place = root
        for part in path:
            place = place.setdefault(part, {})
    return root


def _paths(tree: Json, at: Path = ()) -> set[Path]:
    if not tree:
        return {at} if at else set()
    return {path for part, below in tree.items() for path in _paths(below, (*at, part))}


def _drop(base: Json, path: Path) -> None:
    place: Any = base
    for part in path[:-1] if path[-1] != "." else path[:-2]:
        place = _below(place, part)
        if place is None:
            return
    last = path[-2] if path[-1] == "." else path[-1]
    if isinstance(place, list):
        place[:] = [item for item in place if item is not _below(place, last)]
    elif isinstance(place, dict):
        place.pop(last.removeprefix("f:"), None)


def _below(place: Any, part: str) -> Any:
    if part.startswith("k:") and isinstance(place, list):
        wanted = json.loads(part[2:]).items()
        return next((item for item in place if all(item.get(key) == value for key, value in wanted)), None)
    return place.get(part.removeprefix("f:")) if isinstance(place, dict) else None
