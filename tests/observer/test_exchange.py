import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from blackstart.observer.exchange import Exchange, Failure
from blackstart.observer.target import parse_target, request_bytes


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def fetch(request):
    """Run one exchange to its end; it must end exactly once."""

    def fetch(url, timeout_s=5.0, ca_file=None):
        async def exchange():
            loop = asyncio.get_running_loop()
            target = parse_target(url, None, ca_file)
            ended, ends = loop.create_future(), []

            def on_end(exchange):
                ends.append(exchange)
                if not ended.done():
                    ended.set_result(exchange)

            started_ns = time.monotonic_ns()
            made = Exchange(target, request_bytes("GET", target, {}), on_end)
            made.start(loop, started_ns + round(timeout_s * 1e9))
            result = await ended
            await asyncio.sleep(0.05)
            assert len(ends) == 1
            return result, (result.done_ns - started_ns) / 1e9

        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(exchange())

    return fetch


def test_a_reply(fetch, server):
    exchange, _ = fetch(server.url)
    assert (exchange.failure, exchange.reply.status, exchange.reply.body) == (None, 200, b"ok")
    assert exchange.started_ns <= exchange.written_ns <= exchange.done_ns
    assert server.requests[0].startswith(b"GET /orders HTTP/1.1\r\nHost: 127.106.0.1:")


def test_a_reply_that_ends_with_the_connection(fetch, server):
    server.behaviour = b"HTTP/1.0 200 OK\r\n\r\nhello"
    assert fetch(server.url)[0].reply.body == b"hello"


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        ("reset", Failure.RESET),
        (b"", Failure.RESET),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", Failure.RESET),
        (b"SSH-2.0\r\n\r\n", Failure.RESET),
    ],
)
def test_failures_after_the_request_left(fetch, server, behaviour, failure):
    server.behaviour = behaviour
    exchange, _ = fetch(server.url)
    assert (exchange.failure, exchange.reply) == (failure, None)
    assert exchange.written_ns > 0


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_the_whole_exchange_is_inside_the_deadline(fetch, server, behaviour):
    """A per-read timeout would be reset by every byte of a drip."""
    server.behaviour = behaviour
    exchange, took_s = fetch(server.url, timeout_s=0.5)
    assert exchange.failure is Failure.TIMEOUT
    assert took_s >= 0.5
    assert took_s < 5


def test_refused_before_a_byte_left(fetch, refusing_url):
    exchange, _ = fetch(refusing_url)
    assert exchange.failure is Failure.REFUSED
    assert exchange.written_ns == 0


def test_a_full_backlog_times_out_before_a_byte_left(fetch):
    """As a black-holed path does: nobody accepts, nobody refuses."""
    with socket.socket() as server:
        server.bind(("127.106.0.2", 0))
        server.listen(0)
        address = server.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        exchange, _ = fetch(f"http://{address[0]}:{address[1]}/", timeout_s=0.3)
        for filler in fillers:
            filler.close()
    assert exchange.failure is Failure.TIMEOUT
    assert exchange.written_ns == 0


def test_a_name_is_resolved(fetch, server):
    assert fetch(f"http://nowhere.invalid:{server.port}/")[0].failure is Failure.UNRESOLVED


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for the server's address, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scripted server")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.106.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_https_with_its_certificate_checked(fetch, server, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = type(server)(context)
    try:
        assert fetch(server.url, ca_file=str(certificate))[0].reply.status == 200
        distrusting, _ = fetch(server.url)
        assert distrusting.failure is Failure.UNTRUSTED
        assert distrusting.written_ns == 0
    finally:
        server.close()


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("http://10.0.0.1/", "10.0.0.1", 80, "/", "10.0.0.1"),
        ("http://10.0.0.1:81", "10.0.0.1", 81, "/", "10.0.0.1:81"),
        ("https://shop.example/a/b?c=d", "shop.example", 443, "/a/b?c=d", "shop.example"),
        ("http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"),
    ],
)
def test_targets(url, host, port, path, authority):
    target = parse_target(url)
    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)
    assert target.numeric == (host != "shop.example")
    assert (target.tls is not None) == url.startswith("https")
