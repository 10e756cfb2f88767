"""Digests of whole files: that a record is the one that was written, under the name that it was written to.

Every probe and every write has a checksum of its own; it does not tell two intact files from each other, and a
heartbeat has none. SHA-256, since the CRC-32 of so many records that end with their own is one and the same for all.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FILES, SEAL = "sha256", "seal"
_OTHER = "is not what the observer wrote: its digest differs"


def digest(path: Path) -> str:
    """Return a file's SHA-256. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed(data: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """Return an observer's last words with the digests of its files by name, and one over all of it."""
    body = {**data, FILES: dict(files)}
    return body | {SEAL: _over(body)}


def broken(folder: Path, ended: Mapping[str, Any], present: Iterable[str]) -> dict[str, str]:
    """Return why each file, of those that are there, is not the one that was written; a record without a seal has none.

    Records from before there were seals are taken as they are.
    """
    if FILES not in ended and SEAL not in ended:
        return {}
    body = {name: value for name, value in ended.items() if name != SEAL}
    if ended.get(SEAL) != _over(body) or not isinstance(ended.get(FILES), Mapping):
        return {"observer.json": _OTHER}
    kept = set(present)
    found = {name: _differs(folder / name, value) for name, value in ended[FILES].items() if name in kept}
    return {name: why for name, why in found.items() if why}


def _differs(path: Path, value: str) -> str | None:
    try:
        same = digest(path) == value
    except OSError as error:
        return f"cannot be read: {error}"
    return None if same else _OTHER


def _over(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
