"""Carries the API over HTTPS: HTTP/1.1 on asyncio's streams.

A library server costs 0.4 s and 20 MB a region before its first answer; what kubectl and the clients need of
HTTP/1.1 is this file.
"""

import asyncio
import contextlib
import ssl
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from blackstart.lab.kubernetes.api.message import Reply, Request, Stream
from blackstart.lab.kubernetes.api.router import Router
from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.http_client import Head, read_chunked, read_head
from blackstart.outcome import UsageError

MAX_BODY = 3 * 1024**2
MAX_HEAD = 64 * 1024
BACKLOG = 512


class Listener:
    """The listening socket and its connections."""

    def __init__(self, router: Router, configuration: Configuration):
        self._router = router
        self._configuration = configuration
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on the configured address.

        Raises:
            UsageError: the address is taken, or the certificate cannot be read.

        """
        host, port = self._configuration.listen
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._configuration.certificate, self._configuration.key)
            self._server = await asyncio.start_server(
                self._serve, host, port, ssl=context, limit=MAX_HEAD, backlog=BACKLOG
            )
        except OSError as error:
            region = self._configuration.region
            raise UsageError(f"kubernetes {region}: cannot listen on {host}:{port}: {error}") from error

    def close(self) -> None:
        """Stop listening. Connections end with the process."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The client may leave at any point, as watchers do: that ends the connection and is nobody's fault.
        broken = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, asyncio.CancelledError)
        with contextlib.suppress(*broken):
            while (head := await read_head(reader)) is not None and await self._exchange(head, reader, writer):
                pass
        writer.close()

    async def _exchange(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether another may follow on the connection."""
        method, target, version = head.first
        body = await _body(head, reader, writer)
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        answer = await self._router.answer(Request(method, unquote(url.path), query, head.headers, body))
        keep = version == "HTTP/1.1" and head.headers.get("connection", "").lower() != "close"
        if isinstance(answer, Reply):
            await _send(writer, answer, keep=keep, with_body=method != "HEAD")
            return keep
        await _send_stream(reader, writer, answer)
        return False


async def _body(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    if head.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return await read_chunked(reader, MAX_BODY)
    size = int(head.headers.get("content-length") or 0)
    if not 0 <= size <= MAX_BODY:
        raise ValueError("the body is too long")
    return await reader.readexactly(size)


def _start(code: int, content_type: str, more: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", f"Content-Type: {content_type}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in more.items()), "", ""]).encode()


async def _send(writer: asyncio.StreamWriter, answer: Reply, *, keep: bool, with_body: bool) -> None:
    body = answer.encoded()
    more = {"Content-Length": str(len(body)), "Connection": "keep-alive" if keep else "close"}
    writer.write(_start(answer.code, answer.content_type, more) + (body if with_body else b""))
    await writer.drain()


async def _send_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Stream) -> None:
    """Send the parts as they come, until they end or the client leaves."""
    writer.write(_start(200, answer.content_type, {"Transfer-Encoding": "chunked", "Connection": "close"}))
    sending = asyncio.create_task(_send_parts(writer, answer))
    leaving = asyncio.create_task(reader.read(1))
    try:
        await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_parts(writer: asyncio.StreamWriter, answer: Stream) -> None:
    await writer.drain()
    try:
        async for part in answer.parts:
            if part:
                writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    finally:
        await answer.parts.aclose()
