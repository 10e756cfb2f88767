"""What the machine remembers of one lab: its folder, and in it ``lab.json``.

A lab is up as long as the supervisor named there lives, known by pid and start time; otherwise the folder is stale.
Who keeps a lab can be read whatever the rest of its record is: one that another version wrote can still be taken down,
and is never mistaken for a stale one.
"""

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from blackstart.lab import incarnation as incarnations
from blackstart.lab.descent import Identity
from blackstart.lab.layout import Layout
from blackstart.lab.specification import Specification
from blackstart.outcome import BlackstartError

FILE = "lab.json"
SCHEMA = 1
"""Goes up with every change of what is written that an older version would misread."""


@dataclass(frozen=True)
class Keepers:
    """The processes that a lab stands and falls with. ``owner`` starts it, until the supervisor has taken over."""

    owner: Identity | None
    supervisor: Identity | None = None
    janitor: Identity | None = None

    def live(self) -> bool:
        """Whether the lab is up, or about to be."""
        keeper = self.supervisor or self.owner
        return keeper is not None and keeper.lives()


@dataclass(frozen=True)
class Record:
    """One lab. ``owner`` is whoever starts it, until the supervisor has taken over."""

    specification: Specification
    layout: Layout
    token: str
    """What the plant's API asks for."""
    incarnation: str
    owner: Identity
    supervisor: Identity | None = None
    janitor: Identity | None = None
    since: str | None = None
    """When the first order was accepted (ISO 8601, UTC); None while the lab is starting."""

    @property
    def name(self) -> str:
        return self.specification.name

    @property
    def keepers(self) -> Keepers:
        return Keepers(self.owner, self.supervisor, self.janitor)

    def lives(self) -> bool:
        return self.keepers.live()

    def as_json(self) -> dict[str, Any]:
        parts = {"specification": self.specification.as_json(), "layout": self.layout.as_json()}
        return {"schema": SCHEMA} | asdict(self) | parts

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Record":
        if data["schema"] != SCHEMA:
            raise ValueError(f"a record of schema {data['schema']}")
        owner = _identity(data["owner"])
        assert owner is not None
        return cls(
            specification=Specification.from_json(data["specification"]),
            layout=Layout.from_json(data["layout"]),
            token=data["token"],
            incarnation=data["incarnation"],
            owner=owner,
            supervisor=_identity(data["supervisor"]),
            janitor=_identity(data["janitor"]),
            since=data["since"],
        )


def labs_folder(home: Path | None = None) -> Path:
    """Return where labs live: below ``home``, ``$BLACKSTART_HOME`` or ``~/.local/state/blackstart``.

    One folder has one name, whatever way leads to it: what is derived from the name must be the same for everybody.
    """
    asked = os.environ.get("BLACKSTART_HOME")
    return (home or (Path(asked) if asked else Path.home() / ".local/state/blackstart")).resolve() / "labs"


def create(folder: Path, specification: Specification, layout: Layout, incarnation: str | None = None) -> Record:
    """Make the lab's folder with its record in one step. Raises ``FileExistsError`` when the name is taken."""
    owner = Identity.of(os.getpid())
    assert owner is not None
    record = Record(specification, layout, secrets.token_hex(16), incarnation or incarnations.new(), owner)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        incarnations.write(draft, record.incarnation)
        write(draft, record)
        draft.rename(folder)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError) and folder.exists():
            raise FileExistsError(folder) from error
        raise
    return record


def write(folder: Path, record: Record) -> None:
    """Replace the record atomically; only its owner may read it."""
    replace_file(folder / FILE, json.dumps(record.as_json(), indent=2))


def read(folder: Path) -> Record | None:
    """Return the folder's record, or None when there is none that this version can read."""
    try:
        return Record.from_json(json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, KeyError, TypeError, AssertionError, BlackstartError):
        return None


def keepers(folder: Path) -> Keepers | None:
    """Return who keeps the folder's lab, also where the rest of its record cannot be read; None without a record."""
    try:
        data = json.loads((folder / FILE).read_text())
        return Keepers(*(_identity(data.get(name)) for name in ("owner", "supervisor", "janitor")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
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
    return None if data is None else Identity(int(data["pid"]), str(data["started"]))
