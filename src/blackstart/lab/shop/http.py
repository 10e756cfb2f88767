"""HTTP/1.1, as much as a load balancer and the probes of a cluster need: kept connections, bodies by length."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

_LONGEST_HEAD = 16 * 1024
_LONGEST_BODY = 64 * 1024
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case; ``path`` is decoded and has no query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One answer; ``body`` is sent as JSON, or as it is when it is bytes that are JSON already."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self, *, keep: bool) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode() + b"\n"
        fixed = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "keep-alive" if keep else "close",
        }
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (fixed | self.headers).items()]
        return "\r\n".join(lines).encode() + _END + body


class BadRequestError(Exception):
    """The bytes are no request that this server takes; carries the status to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


Answer = Callable[[Request], Awaitable[Response]]


class Server:
    """What the connections share: who answers, and whether the server is closing."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.closing = False
        self._open: set[Connection] = set()

    def protocol(self) -> "Connection":
        return Connection(self, self._open)

    async def drain(self) -> None:
        """Close idle connections now, and the others after the answer they wait for."""
        self.closing = True
        for connection in list(self._open):
            connection.close_if_idle()
        while self._open:
            await asyncio.gather(*(connection.closed.wait() for connection in list(self._open)))


class Connection(asyncio.Protocol):
    """One client's connection: requests are answered one after the other, in order."""

    def __init__(self, server: Server, open_connections: "set[Connection]") -> None:
        self._server = server
        self._connections = open_connections
        self._buffer = b""
        self._busy: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        # A request in work goes on: what it writes must not depend on whether its client still listens.
        self._transport = None
        self._connections.discard(self)
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._busy is None:
            self._next()

    def close_if_idle(self) -> None:
        if self._busy is None and self._transport is not None:
            self._transport.close()

    def _next(self) -> None:
        """Start on the next whole request in the buffer, if there is one."""
        try:
            parsed = parse(self._buffer)
        except BadRequestError as error:
            self._send(Response(error.status, {"error": str(error)}), keep=False)
            return
        if parsed is not None:
            request, self._buffer = parsed
            self._busy = asyncio.get_running_loop().create_task(self._serve(request))

    async def _serve(self, request: Request) -> None:
        response = await self._server.answer(request)
        self._busy = None
        keep = request.headers.get("connection", "").lower() != "close" and not self._server.closing
        self._send(response, keep=keep)
        if keep and self._buffer:
            self._next()

    def _send(self, response: Response, *, keep: bool) -> None:
        if self._transport is not None:
            self._transport.write(response.encode(keep=keep))
            if not keep:
                self._transport.close()


def parse(data: bytes) -> tuple[Request, bytes] | None:
    """Return the first request and what follows it, or None while it is not whole. Raises ``BadRequestError``."""
    head, found, rest = data.partition(_END)
    if len(head) > _LONGEST_HEAD:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if not found:
        return None
    method, target, headers = _head(head)
    length = _length(headers)
    if len(rest) < length:
        return None
    return Request(method, unquote(target.partition("?")[0]), headers, rest[:length]), rest[length:]


def _head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    pairs = (line.partition(":") for line in lines)
    return parts[0], parts[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


def _length(headers: Mapping[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequestError(HTTPStatus.LENGTH_REQUIRED)
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit():
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    if int(text) > _LONGEST_BODY:
        raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)
