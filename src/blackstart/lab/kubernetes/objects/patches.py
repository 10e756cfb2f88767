"""JSON merge patch (RFC 7386) and JSON patch (RFC 6902)."""

from typing import Any

from blackstart.lab.kubernetes.objects.failure import ApiError, bad_request
from blackstart.lab.kubernetes.objects.shape import Json, copied


def merge(current: Any, patch: Any) -> Any:
    """Return ``current`` with a merge patch laid over it: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return patch
    result = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def json_patch(current: Json, operations: Any) -> Json:
    """Return ``current`` after a list of JSON patch operations.

    Raises:
        ApiError: 400 for a malformed operation, 422 for one that does not fit the object.

    """
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    document = {"": copied(current)}
    for operation in operations:
        try:
            _operate(document, operation)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise _unfit(operation, str(error)) from error
    result: Json = document[""]
    return result


def _operate(document: Json, operation: Json) -> None:
    kind, path = operation["op"], _pointer(operation["path"])
    match kind:
        case "add":
            _add(document, path, copied(operation["value"]))
        case "replace":
            _at(document, path)
            _set(document, path, copied(operation["value"]))
        case "remove":
            _remove(document, path)
        case "test":
            if _at(document, path) != operation["value"]:
                raise ValueError("the test failed")
        case "move" | "copy":
            source = _pointer(operation["from"])
            value = copied(_at(document, source))
            if kind == "move":
                _remove(document, source)
            _add(document, path, value)
        case _:
            raise ValueError(f"unknown operation {kind!r}")


def _pointer(text: str) -> list[str]:
    # The document hangs below the key "", so that "" (the whole) is a place like any other.
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")] if text else [""]


def _step(place: Any, part: str) -> Any:
    return place[int(part)] if isinstance(place, list) else place[part]


def _at(document: Json, path: list[str]) -> Any:
    place: Any = document
    for part in path:
        place = _step(place, part)
    return place


def _set(document: Json, path: list[str], value: Any) -> None:
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        parent[int(path[-1])] = value
    else:
        parent[path[-1]] = value


def _add(document: Json, path: list[str], value: Any) -> None:
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else int(path[-1]), value)
    else:
        parent[path[-1]] = value


def _remove(document: Json, path: list[str]) -> None:
    parent = _at(document, path[:-1])
    if isinstance(parent, list):
        parent.pop(int(path[-1]))
    else:
        del parent[path[-1]]


def _unfit(operation: Any, why: str) -> ApiError:
    return ApiError(422, "Invalid", f"the server rejected our request: JSON patch {operation!r}: {why}")
