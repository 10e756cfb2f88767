"""Label and field selectors."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from blackstart.lab.kubernetes.objects.failure import bad_request
from blackstart.lab.kubernetes.objects.shape import Json, labels

Matches = Callable[[Json], bool]
"""Says whether an object is selected."""

_SET = re.compile(r"^\s*([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([^\s!=,()]+)\s*(!=|==|=)\s*([^\s!=,()]*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([^\s!=,()]+)\s*$")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True)
class Requirement:
    """One clause of a label selector."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def admits(self, present: dict[str, str]) -> bool:
        match self.operator:
            case "In":
                return present.get(self.key) in self.values
            case "NotIn":
                return present.get(self.key) not in self.values
            case "Exists":
                return self.key in present
            case _:
                return self.key not in present


def parse_labels(text: str) -> list[Requirement]:
    """Parse ``a=b,c!=d,e in (f,g),h,!i``.

    Raises:
        ApiError: 400, a clause cannot be read.

    """
    return [_requirement(clause) for clause in _COMMA_OUTSIDE.split(text) if clause.strip()]


def _requirement(clause: str) -> Requirement:
    if found := _SET.match(clause):
        values = frozenset(value.strip() for value in found[3].split(","))
        return Requirement(found[1], "In" if found[2] == "in" else "NotIn", values)
    if found := _EQUAL.match(clause):
        return Requirement(found[1], "NotIn" if found[2] == "!=" else "In", frozenset([found[3]]))
    if found := _EXISTS.match(clause):
        return Requirement(found[2], "DoesNotExist" if found[1] else "Exists")
    raise bad_request(f"unable to parse requirement: {clause.strip()!r}")


def from_selector(selector: Json) -> list[Requirement]:
    """Return the requirements of a LabelSelector object (``matchLabels``, ``matchExpressions``)."""
    equal = [Requirement(key, "In", frozenset([value])) for key, value in (selector.get("matchLabels") or {}).items()]
    return equal + [
        Requirement(one["key"], one["operator"], frozenset(one.get("values") or []))
        for one in selector.get("matchExpressions") or []
    ]


def admits(requirements: list[Requirement], present: dict[str, str]) -> bool:
    """Say whether labels meet all requirements."""
    return all(requirement.admits(present) for requirement in requirements)


def as_text(selector: Json) -> str:
    """Return a LabelSelector object as the text form, as ``/scale`` shows it."""
    words = {"In": "in", "NotIn": "notin"}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or []:
        if one["operator"] in words:
            parts.append(f"{one['key']} {words[one['operator']]} ({','.join(one['values'])})")
        else:
            parts.append(one["key"] if one["operator"] == "Exists" else f"!{one['key']}")
    return ",".join(parts)


def selection(label_selector: str, field_selector: str) -> Matches:
    """Return the test that both selectors make together; empty ones select everything."""
    requirements = parse_labels(label_selector)
    fields = [_field(clause) for clause in field_selector.split(",") if clause.strip()]

    def matches(item: Json) -> bool:
        if requirements and not admits(requirements, labels(item)):
            return False
        return all((_value(item, path) == value) is wanted for path, wanted, value in fields)

    return matches


def _field(clause: str) -> tuple[list[str], bool, str]:
    found = _EQUAL.match(clause)
    if found is None:
        raise bad_request(f"invalid field selector: {clause.strip()!r}")
    return found[1].split("."), found[2] != "!=", found[3]


def _value(item: Json, path: list[str]) -> str:
    value: Any = item
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
