"""The JSON files of a history, each checked as it is read: what has another shape is no evidence."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_LAST_NS = 2**62


def clock(path: Path) -> dict[str, Any]:
    """Read clock.json. Raises OSError, and ValueError for another shape."""
    return _checked(path, {"monotonic_ns": _is_instant, "wall": _is_text})


def ended(path: Path) -> dict[str, Any]:
    """Read observer.json. Raises OSError, and ValueError for another shape."""
    return _checked(path, {"ended_ns": _is_instant, "wall": _is_text, "reason": _is_text, "counts": _are_counts})


def plan(path: Path) -> dict[str, Any]:
    """Read plan.json. Raises OSError, and ValueError for another shape."""
    fields = {"canaries": _are_named, "ledgers": _are_named, "served_by": _are_texts, "stable_s": _is_length}
    return _checked(path, fields)


def _checked(path: Path, fields: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    data = json.loads(path.read_text("utf-8"))
    if not isinstance(data, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 - the file's content is wrong, not an argument's type
    for name, fits in fields.items():
        if name in data and not fits(data[name]):
            raise ValueError(f"its {name!r} cannot be")
    return data


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_instant(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST_NS


def _is_length(value: Any) -> bool:
    """Tell a time span in seconds, None for none."""
    if value is None:
        return True
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value * 1e9 < _LAST_NS


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_named(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and _is_text(item.get("name"))
        and _is_length(item.get("slo_s"))
        and _is_length(item.get("timeout_s"))
        for item in value
    )


def _are_counts(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("beats", 0), int):
        return False
    return all(
        isinstance(of_kind, dict)
        and all(isinstance(each, dict) and all(isinstance(n, int) for n in each.values()) for each in of_kind.values())
        for of_kind in (value.get("canaries", {}), value.get("ledgers", {}))
    )
