"""What people wrote down beside a run: ``findings.yaml`` in its folder, read leniently and never silently."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from blackstart.report.quantities import plain

FILE = "findings.yaml"
FIELDS = ("id", "text", "owner", "due", "retest", "status")


@dataclass(frozen=True)
class Finding:
    """One finding; a field that was not given is None."""

    id: str | None
    text: str | None
    owner: str | None
    due: str | None
    retest: str | None
    status: str | None


@dataclass(frozen=True)
class Notes:
    """What stands beside one run. ``broken`` says what of it cannot be read."""

    findings: tuple[Finding, ...] = ()
    participants: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    plan_version: str | None = None
    deviations: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    there: bool = False


def read(run_dir: Path) -> Notes:
    """Read a run's notes. Never raises: what cannot be read is named."""
    path = run_dir / FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Notes()
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        return Notes(broken=(f"{FILE} cannot be read ({type(error).__name__})",), there=True)
    if content is None:
        return Notes(there=True)
    if isinstance(content, list):
        content = {"findings": content}
    if not isinstance(content, Mapping):
        return Notes(broken=(f"{FILE} holds neither a list nor a mapping",), there=True)
    return _notes(content)


def _notes(content: Mapping[Any, Any]) -> Notes:
    broken: list[str] = []
    found = _list(content, "findings", broken)
    return Notes(
        tuple(finding for one in found if (finding := _finding(one, broken)) is not None),
        tuple(_line(one) for one in _list(content, "participants", broken)),
        tuple(_line(one) for one in _list(content, "approvals", broken)),
        _text(content.get("plan_version")),
        tuple(_line(one) for one in _list(content, "deviations", broken)),
        tuple(broken),
        there=True,
    )


def _list(content: Mapping[Any, Any], name: str, broken: list[str]) -> list[Any]:
    found = content.get(name)
    if found is None or isinstance(found, list):
        return found or []
    broken.append(f"{FILE}: {name} is no list: {plain(found, 120)}")
    return []


def _finding(one: Any, broken: list[str]) -> Finding | None:
    if not isinstance(one, Mapping) or not any(one.get(field) for field in FIELDS):
        broken.append(f"{FILE}: no finding: {plain(one, 120)}")
        return None
    return Finding(*(_text(one.get(field)) for field in FIELDS))


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else plain(value, 600)


def _line(one: Any) -> str:
    if isinstance(one, Mapping):
        return ", ".join(plain(value, 200) for value in one.values() if value is not None)
    return plain(one, 300)
