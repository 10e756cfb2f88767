import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackstart.observer.reply import MOST_BYTES, GarbledError, ReplyReader

WHOLE = {
    "length": (b"HTTP/1.1 200 OK\r\nX-Region: a\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello"),
    "no body": (b"HTTP/1.1 204 No Content\r\nX-Region: a\r\n\r\n", 204, b""),
    "empty body": (b"HTTP/1.0 503\r\nX-Region:a\r\nContent-Length: 0\r\n\r\n", 503, b""),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nX-Region: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
        200,
        b"hello",
    ),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nX-Region: a\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\n",
        200,
        b"0123456789",
    ),
    "interim": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX-Region: a\r\nContent-Length: 1\r\n\r\nx",
        201,
        b"x",
    ),
}


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
def test_a_reply_in_any_pieces_is_whole_with_its_last_byte_and_not_before(kind, data):
    raw, status, body = WHOLE[kind]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1), max_size=6)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    reader = ReplyReader()
    assert [reader.feed(piece) for piece in pieces] == [False] * len(cuts) + [True]
    assert (reader.reply.status, reader.reply.body, reader.reply.headers[b"x-region"]) == (status, body, b"a")


@pytest.mark.parametrize("kind", WHOLE)
def test_closed_too_early_is_garbled(kind):
    raw = WHOLE[kind][0]
    reader = ReplyReader()
    assert not reader.feed(raw[:-1])
    with pytest.raises(GarbledError):
        reader.end()


def test_a_body_until_the_end():
    reader = ReplyReader()
    assert not reader.feed(b"HTTP/1.0 200 OK\r\n\r\nhel")
    assert not reader.feed(b"lo")
    assert reader.end()
    assert reader.reply.body == b"hello"


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MOST_BYTES,
        b"HTTP/1.1 70000 OK\r\n\r\n",  # no record holds such a status
        b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n",  # nor does int() take so many digits
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_reply_is_garbled(raw):
    with pytest.raises(GarbledError):
        ReplyReader().feed(raw)


def test_many_small_chunks_are_looked_at_once():
    """Looking again at all of them with every piece would make one such reply stall every other canary for seconds."""
    reader, piece = ReplyReader(), b"1\r\nx\r\n" * 1000
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    began_s = time.process_time()
    for _ in range(600):
        reader.feed(piece)
    assert reader.feed(b"0\r\n\r\n")
    assert reader.reply.body == b"x" * 600_000
    assert time.process_time() - began_s < 5


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw):
    reader = ReplyReader()
    try:
        if not reader.feed(raw):
            reader.end()
    except GarbledError:
        pass
