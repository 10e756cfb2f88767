"""HTTP as clients speak it, and as they should not."""

import http.client
import json
import socket
import struct

import psutil
import pytest

from blackstart.lab.kubernetes.api import protobuf
from blackstart.lab.kubernetes.objects.failure import ApiError

HEADERS = {"Authorization": "Bearer test-admin-token", "Content-Type": "application/json"}
PATH = "/api/v1/namespaces/shop/configmaps"


@pytest.fixture
def connection(twin):
    address = twin.url.removeprefix("https://")
    made = http.client.HTTPSConnection(address, context=twin.tls_context, timeout=20)
    yield made
    made.close()


def answer(connection, *request, **more):
    connection.request(*request, headers=HEADERS | more.pop("headers", {}), **more)
    reply = connection.getresponse()
    return reply.status, reply.read()


def test_connection_serves_many_requests(connection):
    assert answer(connection, "GET", "/version")[0] == 200
    first = connection.sock
    assert answer(connection, "HEAD", "/version") == (200, b"")
    assert answer(connection, "GET", "/nowhere")[0] == 404
    assert answer(connection, "GET", "/api/v1/pods")[0] == 200
    assert connection.sock is first


def test_body_in_chunks(connection):
    text = json.dumps({"metadata": {"name": "chunked"}, "data": {"long": "x" * 100_000}}).encode()
    parts = [text[at : at + 7000] for at in range(0, len(text), 7000)]
    code, body = answer(connection, "POST", PATH, body=iter(parts), encode_chunked=True)
    assert code == 201
    assert len(json.loads(body)["data"]["long"]) == 100_000


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'{"metadata": {"name": "a"}, "data": 7, "kind": "Pod"}', "application/json", 400),
        (b'{"metadata": "a"}', "application/json", 400),
        (b"x", "text/csv", 415),
        (b"k8s", "application/vnd.kubernetes.protobuf", 400),
    ],
)
def test_bodies_that_cannot_be_read_are_answered(connection, body, content_type, code):
    status, text = answer(connection, "POST", PATH, body=body, headers={"Content-Type": content_type})
    assert status == code
    assert json.loads(text)["kind"] == "Status"


@pytest.mark.parametrize(
    "garbage", [b"\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nno header\r\n\r\n", b"\x16\x03"]
)
def test_garbage_ends_the_connection_and_nothing_else(twin, connection, garbage):
    host, port = twin.url.removeprefix("https://").split(":")
    with twin.tls_context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host) as raw:
        raw.settimeout(20)
        raw.sendall(garbage)
        if garbage.endswith(b"\n"):
            assert raw.recv(100) == b""
    assert answer(connection, "GET", "/version")[0] == 200


def test_watchers_that_leave_are_forgotten(twin):
    process = psutil.Process(twin.process.pid)
    twin.until(lambda: process.num_fds() < 200, "few files are open")
    before = process.num_fds()
    host, port = twin.url.removeprefix("https://").split(":")
    watchers = []
    for _ in range(20):
        watcher = http.client.HTTPSConnection(host, int(port), context=twin.tls_context, timeout=20)
        watcher.request("GET", f"{PATH}?watch=true", headers=HEADERS)
        reply = watcher.getresponse()
        assert reply.status == 200
        watchers.append((watcher, reply))
    assert process.num_fds() >= before + 15
    for watcher, reply in watchers:
        linger = struct.pack("ii", 1, 0)
        if watcher.sock is not None:
            watcher.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        reply.close()
        watcher.close()
    twin.until(lambda: process.num_fds() < before + 10, "their connections are closed")


def envelope(kind, raw):
    def field(number, value):
        return bytes([number << 3 | 2, len(value)]) + value

    return b"k8s\x00" + field(1, field(1, b"v1") + field(2, kind)) + field(2, raw)


def test_protobuf_that_is_not_known_is_refused_by_name():
    with pytest.raises(ApiError, match="Node") as refused:
        protobuf.decode(envelope(b"Node", b""))
    assert refused.value.code == 415
    with pytest.raises(ApiError, match="field 9") as refused:
        protobuf.decode(envelope(b"Namespace", bytes([9 << 3 | 2, 1]) + b"x"))
    assert refused.value.code == 415
    with pytest.raises(ApiError) as refused:
        protobuf.decode(envelope(b"Namespace", bytes([1 << 3 | 2, 50]) + b"x"))
    assert refused.value.code == 400
