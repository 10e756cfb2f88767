"""An HTTP/1.1 reply, read as it arrives: status, headers, and the whole body."""

from dataclasses import dataclass, field

MOST_BYTES = 4 << 20  # a probe's answer; anything larger is no answer to a probe
_MOST_DIGITS = 18  # of a length: int() of endless digits is slow, and from 4,301 on an error


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
    _chunks: "_Chunks | None" = None

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
        if self.reply is None or self._chunks is not None or self._length is not None:
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
        if headers.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
            self._chunks = _Chunks()
        self._length = 0 if status in (204, 304) else _length(headers)
        return True

    def _body(self, reply: Reply) -> bool:
        if self._chunks is not None:
            if not self._chunks.take(self._rest):
                return False
            reply.body = bytes(self._chunks.body)
            return True
        if self._length is None or len(self._rest) < self._length:
            return False
        reply.body = bytes(self._rest[: self._length])
        return True


def _status(line: bytes) -> int:
    parts = line.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not (parts[1].isdigit() and len(parts[1]) == 3):
        raise GarbledError(f"no HTTP/1.1 status line: {line[:60]!r}")
    return int(parts[1])


def _length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length")
    if text is None:
        return None
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise GarbledError(f"no content length: {text[:60]!r}")
    return int(text)


@dataclass(slots=True)
class _Chunks:
    """A chunked body, taken apart as it grows. What was taken is not looked at again: chunks may be many and small."""

    body: bytearray = field(default_factory=bytearray)
    _at: int = 0

    def take(self, data: bytearray) -> bool:
        """Take what is whole of all the data until now; return whether the last chunk was among it."""
        while (end := data.find(b"\r\n", self._at)) >= 0:
            size = _chunk_size(data[self._at : end])
            if size == 0:
                # Trailers, if any, end with an empty line as well.
                return data.find(b"\r\n\r\n", end) >= 0
            behind = end + 2 + size + 2
            if len(data) < behind:
                return False
            self.body += data[end + 2 : behind - 2]
            self._at = behind
        return False


def _chunk_size(line: bytearray) -> int:
    digits = bytes(line.split(b";")[0].strip())
    # int() alone would take a sign, and a negative size would never come to an end.
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise GarbledError(f"no chunk size: {bytes(line[:60])!r}")
    return int(digits, 16)
