"""A page of one file: it loads nothing, runs nothing, and every text in it is text."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from blackstart.report import quantities

SHARED = "blackstart.report"
COMMON = ("colours.css", "figures.css", "style.css")
"""The reports' own style sheets, below which each room's stand."""


def render(
    room: str, template: str, sheets: Sequence[str], content: Mapping[str, Any], common: Sequence[str] = COMMON
) -> str:
    """Return the page of a room (``blackstart.report.scorecard``): the reports' common style, then the room's own."""
    style = "".join([*(_text(SHARED, name) for name in common), *(_text(room, name) for name in sheets)])
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment(room).get_template(template).render(style=style, digest=digest, **content)


def write(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all, and return its path."""
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return draft.replace(path)


def _text(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment(room: str) -> Environment:
    # Everything from a run or a programme is text from outside: nothing is marked safe but our own style sheet.
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(room, "templates"), PackageLoader(SHARED, "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = quantities.plain
    return environment
