"""Requests and answers, apart from the server that carries them."""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Request:
    """One call. Header names are lower case; of a repeated query parameter the last one counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def asks(self, parameter: str) -> bool:
        """Say whether a boolean parameter is set."""
        return self.query.get(parameter, "").lower() in ("true", "1")

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"


@dataclass(frozen=True)
class Reply:
    """A whole answer. A ``body`` that is no bytes is sent as JSON."""

    body: Any
    code: int = 200
    content_type: str = JSON_TYPE

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Stream:
    """An answer that comes in parts until the iterator ends or the client leaves."""

    parts: AsyncGenerator[bytes]
    content_type: str = JSON_TYPE


Answer = Reply | Stream
