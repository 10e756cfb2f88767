"""What the machine remembers of one lab: its folder, and in it ``lab.json``.

A lab is up as long as the supervisor named there lives, known by pid and start time; otherwise the folder is stale.
"""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from blackstart.lab.descent import Identity
from blackstart.lab.layout import Layout
from blackstart.lab.specification import Specification

FILE = "lab.json"


@dataclass(frozen=True)
class Record:
    """One lab. ``owner`` is whoever starts it, until the supervisor has taken over."""

    specification: Specification
    layout: Layout
    token: str
    """What the plant's API asks for."""
    owner: Identity
    supervisor: Identity | None = None
    janitor: Identity | None = None
    since: str | None = None
    """When the first order was accepted (ISO 8601, UTC); None while the lab is starting."""

    @property
    def name(self) -> str:
        return self.specification.name

    def lives(self) -> bool:
        return any(identity is not None and identity.lives() for identity in self._keepers())

    def _keepers(self) -> tuple[Identity | None, ...]:
        return (self.owner,) if self.supervisor is None else (self.supervisor,)

    def as_json(self) -> dict[str, Any]:
        parts = {"specification": self.specification.as_json(), "layout": self.layout.as_json()}
        return asdict(self) | parts

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Record":
        return cls(
            specification=Specification.from_json(data["specification"]),
            layout=Layout.from_json(data["layout"]),
            token=data["token"],
            owner=Identity(**data["owner"]),
            supervisor=_identity(data["supervisor"]),
            janitor=_identity(data["janitor"]),
            since=data["since"],
        )


def labs_folder(home: Path | None = None) -> Path:
    """Return where labs live: below ``home``, ``$BLACKSTART_HOME`` or ``~/.local/state/blackstart``."""
    asked = os.environ.get("BLACKSTART_HOME")
    return (home or (Path(asked) if asked else Path.home() / ".local/state/blackstart")).absolute() / "labs"


def create(folder: Path, specification: Specification, layout: Layout) -> Record:
    """Make the lab's folder with its record in one step. Raises ``FileExistsError`` when the name is taken."""
    owner = Identity.of(os.getpid())
    assert owner is not None
    record = Record(specification, layout, secrets.token_hex(16), owner)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    write(draft, record)
    try:
        draft.rename(folder)
    except OSError as error:
        (draft / FILE).unlink()
        draft.rmdir()
        raise FileExistsError(folder) from error
    return record


def write(folder: Path, record: Record) -> None:
    """Replace the record atomically; only its owner may read it."""
    replace_file(folder / FILE, json.dumps(record.as_json(), indent=2))


def read(folder: Path) -> Record | None:
    """Return the folder's record, or None when there is none that can be read."""
    try:
        return Record.from_json(json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(draft).replace(path)


def supervised(record: Record, supervisor: Identity, janitor: Identity) -> Record:
    """Return the record once the supervisor has taken over."""
    return replace(record, supervisor=supervisor, janitor=janitor)


def _identity(data: dict[str, Any] | None) -> Identity | None:
    return None if data is None else Identity(**data)
