"""One GET over a connection of its own: what probes and the call to STS need, without a library's 20 MB."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_BODY = 1024**2


@dataclass(frozen=True)
class Head:
    """The first line and the headers of a message. Header names are lower case."""

    first: list[str]
    headers: dict[str, str]


async def get(url: str, headers: Mapping[str, str], timeout_s: float) -> tuple[int, bytes]:
    """GET a URL, which is sent as it stands, and return status and body.

    ``headers`` may name another ``Host`` than the URL's.

    Raises:
        OSError: no connection, or one that broke.
        TimeoutError: no whole answer within ``timeout_s`` seconds.
        ValueError: the answer is no HTTP.

    """
    async with asyncio.timeout(timeout_s):
        return await _get(url, headers)


async def _get(url: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(url)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": parts.netloc, "Connection": "close"} | dict(headers)
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        writer.write("\r\n".join(lines).encode())
        head = await read_head(reader)
        if head is None or len(head.first) < 2:
            raise ConnectionResetError("the connection was closed without an answer")
        return int(head.first[1]), await _rest(reader, head)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ConnectionResetError(str(error)) from error
    finally:
        writer.close()


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read a message up to its body; None where the connection ended before one began.

    Raises:
        IncompleteReadError, LimitOverrunError: it broke off, or it is too long.
        ValueError: it is no HTTP.

    """
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = text.split("\r\n")[:-2]
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"not a header: {line[:80]!r}")
        headers[name.strip().lower()] = value.strip()
    return Head(first.split(" ", 2), headers)


async def read_chunked(reader: asyncio.StreamReader, limit: int) -> bytes:
    """Read a body that comes in chunks.

    Raises:
        ValueError: it is longer than ``limit`` or malformed.

    """
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        if len(body) + size > limit:
            raise ValueError("the body is too long")
        body += (await reader.readexactly(size + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # Trailers say nothing that is needed here.
    return body


async def _rest(reader: asyncio.StreamReader, head: Head) -> bytes:
    if "chunked" in head.headers.get("transfer-encoding", ""):
        return await read_chunked(reader, MAX_BODY)
    if "content-length" in head.headers:
        return await reader.readexactly(min(MAX_BODY, int(head.headers["content-length"])))
    return await reader.read(MAX_BODY)
