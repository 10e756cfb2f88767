"""Bad input: one line that says what, where and what to do, and nothing left behind."""

import resource
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.observer.conftest import ADDRESS, ScriptedServer

from .conftest import observe


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["http://127.0.0.1/", "--interval-ms", "0"], "'interval_ms' must be a whole number from 1"),
        (["http://127.0.0.1/", "--slo-s", "3"], "'slo_s' must not exceed timeout_s"),
        (["http://127.0.0.1/", "--timeout-s", "nan"], "'timeout_s'"),
        (["http://127.0.0.1/", "--timeout-s", "inf"], "'timeout_s'"),
        (["http://127.0.0.1/", "--duration-s", "inf"], "'duration_s'"),
        (["http://127.0.0.1/", "--duration-s", "0"], "--duration-s 0 is no time"),
        (["http://127.0.0.1/", "--stable-s", "-1"], "'stable_s'"),
        (["http://127.0.0.1/", "--expect-status", "7"], "'expect_status'"),
        (["http://nowhere.invalid/"], "nowhere.invalid does not resolve"),
        (["tcp://nowhere.invalid:1"], "nowhere.invalid does not resolve"),
        (["tcp://127.0.0.1"], "names no port"),
        (["gopher://127.0.0.1"], "must be a URL that begins with"),
        (["postgresql://me:s3cret@127.0.0.1/db"], "carries credentials"),
        (["https://127.0.0.1/", "--ca-file", "none.pem"], "cannot read the CA file"),
        (["http://[::1"], "is no URL (Invalid IPv6 URL)"),
        (["http://127.0.0.1:0/"], "there is no port 0"),
        (["http://127.0.0.1:99999/"], "Port out of range"),
        (["postgresql://me@127.0.0.1:99999/db"], "Port out of range"),
        (["postgresql://me@127.0.0.1/db?bogus=1"], "invalid URI query parameter"),
        (["http://127.0.0.1/a b"], "percent-encode them"),
        (["http://127.0.0.1/\u20ac"], "percent-encode them"),
        (["http://ex\u00e4mple.invalid/"], "is not ASCII"),
        (["a=tcp://127.0.0.1:1", "a=tcp://127.0.0.1:2"], "already is an endpoint named a"),
        (["http://127.0.0.1/", "--timeout-s", "1e308"], "'timeout_s' must be at most 600"),
        (["http://127.0.0.1/", "--stable-s", "1e300"], "'stable_s' must be at most"),
        (["http://127.0.0.1/", "--duration-s", "1e300"], "'duration_s' must be at most"),
        (["http://127.0.0.1/", "--out", "full"], "--out full is not an empty folder"),
        (["http://127.0.0.1/", "--out", "file/below"], "cannot be made"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, says, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    ended = observe(*arguments, cwd=tmp_path)
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert "s3cret" not in ended.stderr
    assert ended.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


def certificate(folder, address):
    """Write a self-signed certificate for an address, with its key; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scripted server")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{address}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("names", [ADDRESS, "127.0.0.9"], ids=["its own", "another's"])
def test_a_certificate_that_does_not_verify_is_refused_and_a_trusted_one_observed(names, tmp_path):
    path = certificate(tmp_path, names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    server = ScriptedServer(context)
    try:
        refused = observe(server.url, "--duration-s", 1, "--out", "o", cwd=tmp_path)
        assert refused.returncode == 2
        assert "does not verify" in refused.stderr
        trusted = observe(server.url, "--duration-s", 1, "--out", "o", "--ca-file", path, cwd=tmp_path)
        assert trusted.returncode == (0 if names == ADDRESS else 2), trusted.stderr
    finally:
        server.close()


def test_too_few_descriptors_are_named_with_what_to_do(tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    ended = observe(*(f"tcp://{ADDRESS}:{port}" for port in range(1, 60)), "--out", "o", cwd=tmp_path, preexec_fn=limit)
    assert ended.returncode == 3
    assert "raise the limit of open files" in ended.stderr
    assert not (tmp_path / "o").exists()
