"""An HTTP/1.1 reply, read as it arrives: status, headers, and the whole body."""

from dataclasses import dataclass, field

MOST_BYTES = 4 << 20  # a probe's answer; anything larger is no answer to a probe


class GarbledError(Exception):
    """What arrived is no HTTP/1.1 reply, or it ended too early."""


@dataclass(slots=True)
class Reply:
    """A whole reply. Header names are lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes = b""


@dataclass(slots=True)
class ReplyReader:
    """Takes bytes until the reply is whole. One reader a connection."""

    reply: Reply | None = None
    _rest: bytearray = field(default_factory=bytearray)
    _length: int | None = None
    _chunked: bool = False

    def feed(self, data: bytes) -> bool:
        """Take more bytes; return whether the reply is whole. Raises GarbledError."""
        self._rest += data
        if len(self._rest) > MOST_BYTES:
            raise GarbledError(f"the reply is larger than {MOST_BYTES} bytes")
        while self.reply is None:
            if not self._head():
                return False
        return self._body(self.reply)

    def end(self) -> bool:
        """Take note that the peer closed; return whether the reply is whole by that. Raises GarbledError."""
        if self.reply is None or self._chunked or self._length is not None:
            raise GarbledError("closed before the reply was whole")
        self.reply.body = bytes(self._rest)
        return True

    def _head(self) -> bool:
        """Parse the status line and the headers, if they are all there; an interim reply (1xx) is dropped."""
        end = self._rest.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = bytes(self._rest[:end]).split(b"\r\n")
        del self._rest[: end + 4]
        status = _status(lines[0])
        if 100 <= status < 200:
            return bool(self._rest)
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])
        }
        self.reply = Reply(status, headers)
        self._chunked = headers.get(b"transfer-encoding", b"").lower().endswith(b"chunked")
        self._length = 0 if status in (204, 304) else _length(headers)
        return True

    def _body(self, reply: Reply) -> bool:
        if self._chunked:
            whole = _unchunked(self._rest)
            if whole is None:
                return False
            reply.body = whole
            return True
        if self._length is None or len(self._rest) < self._length:
            return False
        reply.body = bytes(self._rest[: self._length])
        return True


def _status(line: bytes) -> int:
    parts = line.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        raise GarbledError(f"no HTTP/1.1 status line: {line[:60]!r}")
    return int(parts[1])


def _length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length")
    if text is None:
        return None
    if not text.isdigit():
        raise GarbledError(f"no content length: {text[:60]!r}")
    return int(text)


def _unchunked(data: bytearray) -> bytes | None:
    """Return the body of a chunked reply, None while it is not whole."""
    body, at = bytearray(), 0
    while (end := data.find(b"\r\n", at)) >= 0:
        size = _chunk_size(data[at:end])
        if size == 0:
            # Trailers, if any, end with an empty line as well.
            return bytes(body) if data.find(b"\r\n\r\n", end) >= 0 else None
        at = end + 2 + size + 2
        body += data[end + 2 : end + 2 + size]
    return None


def _chunk_size(line: bytearray) -> int:
    digits = bytes(line.split(b";")[0].strip())
    # int() alone would take a sign, and a negative size would never come to an end.
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise GarbledError(f"no chunk size: {bytes(line[:60])!r}")
    return int(digits, 16)
