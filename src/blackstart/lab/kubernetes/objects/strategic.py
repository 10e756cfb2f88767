"""Strategic merge patch: like a merge patch, but lists of named things merge by their key."""

from typing import Any

from blackstart.lab.kubernetes.objects.shape import Json

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "conditions": "type",
    "ownerReferences": "uid",
    "topologySpreadConstraints": "topologyKey",
    "secrets": "name",
}
PRIMITIVE_SETS = ("finalizers",)
_ORDER = "$setElementOrder/"
_DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"


def merge_key(field: str, items: list[Any]) -> str | None:
    """Return what identifies an element of that list, or None for a list that is replaced as a whole."""
    if field == "ports":
        return "containerPort" if any("containerPort" in item for item in items) else "port"
    return MERGE_KEYS.get(field)


def strategic_merge(current: Any, patch: Any) -> Any:
    """Return ``current`` with the patch laid over it, its ``$`` directives followed."""
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    result = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        _lay(result, key, value)
    for key, order in patch.items():
        if key.startswith(_ORDER):
            _reorder(result, key.removeprefix(_ORDER), order)
    if "$retainKeys" in patch:
        result = {key: value for key, value in result.items() if key in patch["$retainKeys"]}
    return result


def _lay(result: Json, key: str, value: Any) -> None:
    if key.startswith(_DELETE_PRIMITIVES):
        field = key.removeprefix(_DELETE_PRIMITIVES)
        result[field] = [item for item in result.get(field) or [] if item not in value]
    elif key.startswith("$"):
        return
    elif value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
        result.pop(key, None)
    elif isinstance(value, list):
        result[key] = _merge_lists(result.get(key) or [], value, key)
    else:
        result[key] = strategic_merge(result.get(key), value)


def _merge_lists(current: list[Any], patch: list[Any], field: str) -> list[Any]:
    if field in PRIMITIVE_SETS:
        return current + [item for item in patch if item not in current]
    if not all(isinstance(item, dict) for item in patch):
        return patch
    identity = merge_key(field, [*current, *patch])
    directives = [item.get("$patch") for item in patch]
    if identity is None or "replace" in directives:
        return [strategic_merge(None, item) for item in patch if item.get("$patch") != "replace"]
    merged = {item.get(identity): item for item in current}
    for item in patch:
        if item.get("$patch") == "delete":
            merged.pop(item.get(identity), None)
        else:
            merged[item.get(identity)] = strategic_merge(merged.get(item.get(identity)), item)
    return list(merged.values())


def _reorder(result: Json, field: str, order: list[Any]) -> None:
    items = result.get(field)
    if not items:
        return
    identity = merge_key(field, [item for item in items if isinstance(item, dict)])

    def place(item: Any) -> int:
        for at, wanted in enumerate(order):
            if item == wanted or (isinstance(wanted, dict) and identity and item.get(identity) == wanted.get(identity)):
                return at
        return len(order)

    result[field] = sorted(items, key=place)
