"""``blackstart observe`` as its users meet it, against real servers on loopback."""

import contextlib
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from blackstart.history import History
from blackstart.observe_command.folder import observer_at_work
from blackstart.observe_command.telling import partial_line
from tests.observer.conftest import ADDRESS, ScriptedServer

COMMAND = [sys.executable, "-m", "blackstart.cli"]
UNAVAILABLE = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def server():
    server = ScriptedServer()
    yield server
    server.close()


def environment(**more):
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more}


def observe(*arguments, cwd, **options):
    return subprocess.run(
        [*COMMAND, "observe", *map(str, arguments)],
        cwd=cwd, env=environment(PYTHONDONTWRITEBYTECODE="1"), capture_output=True, text=True, timeout=150,
        check=False, **options,
    )  # fmt: skip


@contextlib.contextmanager
def observing(*arguments, cwd):
    """Start an observation; leave with it ended."""
    command = [*COMMAND, "observe", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(condition, what, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for: {what}"
        time.sleep(0.02)


def probed(server, count):
    """Wait until so many more probes have come."""
    wanted = len(server.requests) + count
    until(lambda: len(server.requests) >= wanted, f"{count} probes")


def test_an_outage_from_ctrl_c_to_the_same_bytes_again(server, tmp_path):
    out = tmp_path / "o"
    with observing(f"shop={server.url}", f"tcp://{ADDRESS}:{server.port}", "--out", out, cwd=tmp_path) as process:
        probed(server, 50)
        began_s, server.behaviour = time.monotonic(), UNAVAILABLE
        probed(server, 60)
        server.behaviour, ended_s = "ok", time.monotonic()
        until(lambda: time.monotonic() > ended_s + 3, "a stable end")
        probed(server, 10)
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (0, "")
    assert "shop: wrong status from" in said
    (outage,) = json.loads((out / "outages.json").read_text())
    assert (outage["observer"], outage["kind"]) == ("shop", "wrong_status")
    zero_s = json.loads((out / "clock.json").read_text())["monotonic_ns"] / 1e9
    assert outage["start"]["earliest_s"] <= began_s - zero_s + 0.5
    # This process stamps the switch from outside, a moment before or after the server's own thread sees it.
    assert outage["downtime"]["earliest_s"] - 0.5 <= ended_s - began_s <= outage["downtime"]["latest_s"] + 0.5
    assert History.open(out).missing == {}
    assert History.open(out).ended["reason"] == "asked"
    before = {name: (out / name).read_bytes() for name in ("outages.json", "observation.json")}
    judged = subprocess.run(
        [*COMMAND, "judge", "o"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stderr
    assert before == {name: (out / name).read_bytes() for name in before}


def test_json_is_all_there_is_on_standard_output_and_lines_have_no_escapes(server, tmp_path):
    ended = observe(server.url, "--duration-s", 1, "--out", "o", "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["outages"] == []
    assert found["state"] == "complete"
    assert "\x1b" not in ended.stderr
    (name,) = found["instruments"]
    assert found["instruments"][name]["good"] > 10


def test_looking_closer_sends_extra_probes_only_while_there_is_an_outage(server, tmp_path):
    with observing(server.url, "--adaptive", "--out", "o", cwd=tmp_path) as process:
        probed(server, 50)
        server.behaviour = UNAVAILABLE
        probed(server, 150)
        server.behaviour = "ok"
        time.sleep(2.5)  # calm again
        probed(server, 20)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    (samples,) = History.open(tmp_path / "o").canaries.values()
    assert samples.seq.tolist() == list(range(len(samples)))
    assert set((samples.scheduled[~samples.extra][1:] - samples.scheduled[~samples.extra][:-1]).tolist()) == {
        20_000_000
    }
    first_bad_ns, last_bad_ns = samples.done[samples.bad].min(), samples.done[samples.bad].max()
    extra = samples.scheduled[samples.extra]
    assert len(extra) > 30
    assert extra.max() <= last_bad_ns + 1_100_000_000
    assert (extra >= first_bad_ns - 1_000_000_000).all()
    outages = json.loads((tmp_path / "o/outages.json").read_text())
    assert len(outages) == 1
    assert outages[0]["downtime"] is not None


def test_an_end_in_the_middle_of_an_outage_is_an_end(server, tmp_path):
    with observing(server.url, "--adaptive", "--timeout-s", "1", "--out", "o", cwd=tmp_path) as process:
        probed(server, 50)
        server.behaviour = "hang"
        probed(server, 150)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    (outage,) = json.loads((tmp_path / "o/outages.json").read_text())
    assert outage["kind"] == "timeout"
    assert outage["end"] is outage["downtime"] is None
    (samples,) = History.open(tmp_path / "o").canaries.values()
    assert samples.extra.any()
    assert History.open(tmp_path / "o").ended["ended_ns"] - samples.scheduled.max() < 30_000_000_000


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


def test_a_disk_that_is_full_in_mid_run_is_inconclusive_with_its_reason(server, tmp_path):
    """A limit on the size of files stands for the disk: some hundred probes fit, then no more.

    Compiled modules would not fit either, and be left behind cut: so none are written.
    """

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    ended = observe(server.url, "--interval-ms", 5, "--out", "o", cwd=tmp_path, preexec_fn=limit)
    assert ended.returncode == 3, ended.stderr
    assert "cannot be written: File too large" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    about = json.loads((tmp_path / "o/observation.json").read_text())
    assert about["state"] == "inconclusive"
    assert any("cannot be written" in reason for reason in about["reasons"])


def may_mount():
    tried = subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(not may_mount(), reason="needs a mount namespace of its own")
def test_a_disk_without_room_for_even_the_reason_still_has_it_said(tmp_path):
    """A tiny disk of its own: neither the observer's last words nor the result fit on it."""
    small = tmp_path / "small"
    small.mkdir()
    script = f"mount -t tmpfs -o size=48k none {small} && exec {' '.join(COMMAND)} observe tcp://{ADDRESS}:1 "
    ended = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", f"{script} --interval-ms 5 --duration-s 60 --out {small}/o"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert ended.returncode == 3, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert "cannot be written: No space left on device" in line
    assert "inconclusive" in ended.stdout


@pytest.mark.skipif(not may_mount(), reason="needs a mount namespace of its own")
@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ("-o size=4k", 3, "nothing was observed: the observer did not start: ended with code 6: No space left"),
        ("-o ro", 2, "cannot be made or written (Read-only file system): give another folder"),
    ],
)
def test_a_disk_that_takes_nothing_from_the_start_is_one_line(options, code, says, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    script = f"mount -t tmpfs {options} none {small} && {' '.join(COMMAND)} observe tcp://{ADDRESS}:1 --out {small}"
    ended = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", f"{script}; code=$?; ls {small}; exit $code"],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    (line,) = ended.stderr.splitlines()
    assert says in line
    assert (ended.returncode, ended.stdout) == (code, "")


def judge(folder, cwd, **options):
    return subprocess.run(
        [*COMMAND, "judge", str(folder)],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=150, check=False, **options,
    )  # fmt: skip


def test_a_judgement_that_cannot_be_written_says_so(server, tmp_path):
    observe(server.url, "--duration-s", 1, "--out", "o", cwd=tmp_path)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))

    ended = judge("o", tmp_path, preexec_fn=limit)
    assert ended.returncode == 3
    assert "the result cannot be written" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_too_few_descriptors_are_named_with_what_to_do(tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    ended = observe(*(f"tcp://{ADDRESS}:{port}" for port in range(1, 60)), "--out", "o", cwd=tmp_path, preexec_fn=limit)
    assert ended.returncode == 3
    assert "raise the limit of open files" in ended.stderr
    assert not (tmp_path / "o").exists()


def test_an_interruption_before_it_observes_leaves_nothing(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        until((tmp_path / "o/observer.log").exists, "the folder")
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it already observed when the signal came")
    assert process.returncode == 5
    assert complaint.splitlines() == ["blackstart: interrupted before anything was changed; nothing is left running"]
    assert not (tmp_path / "o").exists()


def test_an_interruption_of_the_end_changes_nothing(server, tmp_path):
    with observing(server.url, "--duration-s", 0.5, "--out", "o", cwd=tmp_path) as process:
        while process.poll() is None:
            if (tmp_path / "o/observer.json").exists():
                process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        said, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (0, "")
    assert "no outage was seen" in said
    assert (tmp_path / "o/outages.json").exists()


def test_a_record_that_is_still_written_is_not_judged(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        probed(server, 30)
        ended = judge("o", tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert ended.returncode == 4
    assert "is still being written" in ended.stderr
    assert judge("o", tmp_path).returncode == 0


def test_a_process_that_lets_go_of_files_all_the_time_is_still_seen_at_work(tmp_path, monkeypatch):
    """A probe's socket is gone between the listing and the look at it: that must not hide the record beside it."""
    (tmp_path / "clock.json").write_text(json.dumps({"pid": os.getpid()}))
    read = os.readlink

    def gone(path):
        if not str(path).startswith("/proc/") or not read(path).endswith("heartbeat.bin"):
            raise FileNotFoundError(path)
        return read(path)

    monkeypatch.setattr(os, "readlink", gone)
    with (tmp_path / "heartbeat.bin").open("wb"):
        assert observer_at_work(tmp_path) == os.getpid()
    assert observer_at_work(tmp_path) is None


def test_streams_that_are_closed_are_no_error(server, tmp_path):
    script = f"exec {' '.join(COMMAND)} observe {server.url} --duration-s 1 --out o >&- 2>&-"
    ended = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment(), timeout=150, check=False)
    assert ended.returncode == 0
    assert json.loads((tmp_path / "o/observation.json").read_text())["state"] == "complete"


def test_two_observations_in_one_second_have_folders_of_their_own(server, tmp_path):
    with (
        observing(server.url, "--duration-s", 1, cwd=tmp_path) as one,
        observing(server.url, "--duration-s", 1, cwd=tmp_path) as other,
    ):
        one.communicate(timeout=60)
        other.communicate(timeout=60)
    assert (one.returncode, other.returncode) == (0, 0)
    assert len(list((tmp_path / "reports").iterdir())) == 2


def test_an_observer_that_dies_is_inconclusive(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        probed(server, 30)
        (observer,) = psutil.Process(process.pid).children()
        observer.kill()
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "killed by SIGKILL" in complaint
    assert json.loads((tmp_path / "o/observation.json").read_text())["state"] == "inconclusive"


def test_the_observer_outlives_its_starter_and_its_record_can_be_judged(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        probed(server, 30)
        (observer,) = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
    try:
        probed(server, 30)
        assert observer.is_running()
        observer.terminate()
        until(lambda: not observer.is_running() or observer.status() == psutil.STATUS_ZOMBIE, "its end")
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            observer.kill()
    judged = subprocess.run(
        [*COMMAND, "judge", "o", "--json"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["state"] == "complete"


def test_many_endpoints_of_all_kinds_and_no_secret_in_the_record(server, tmp_path):
    with socket.create_server((ADDRESS, 0), backlog=100) as silent, socket.socket(type=socket.SOCK_DGRAM) as names:
        names.bind((ADDRESS, 0))
        urls = [
            server.url,
            f"db=postgresql://me@{ADDRESS}:{silent.getsockname()[1]}/shop",
            f"dns://{ADDRESS}:{names.getsockname()[1]}/shop.internal",
            f"tcp://{ADDRESS}:{silent.getsockname()[1]}",
        ]
        ended = subprocess.run(
            [*COMMAND, "observe", *urls, "--duration-s", "1.5", "--slo-s", "0.3", "--timeout-s", "0.5", "--out", "o"],
            cwd=tmp_path, env=environment(PGPASSWORD="s3cret"), capture_output=True, text=True, timeout=150,
            check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    kinds = {outage["observer"]: outage["kind"] for outage in json.loads((tmp_path / "o/outages.json").read_text())}
    assert {name: kind for name, kind in kinds.items() if name == "db" or name.startswith("dns")} == {
        "db": "timeout", f"dns-{ADDRESS}-{names_port(urls)}-shop.internal": "timeout",
    }  # fmt: skip
    assert not any(b"s3cret" in path.read_bytes() for path in (tmp_path / "o").iterdir())
    plan = json.loads((tmp_path / "o/plan.json").read_text())
    assert [canary["kind"] for canary in plan["canaries"]] == ["http", "sql", "dns", "tcp"]


def names_port(urls):
    return urls[2].split(":")[2].split("/")[0]


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        (({"point_s": 3.1}, {"point_s": 9.25}), "shop: 34.0% of 500 requests failed from 3.100 s to 9.250 s"),
        ((None, None), "shop: 34.0% of 500 requests failed: too few to tell since when, and until when"),
    ],
)
def test_a_partial_failure_is_one_line(edges, says):
    failure = {"observer": "shop", "failed_ratio": 0.34, "probes": 500, "start": edges[0], "end": edges[1]}
    assert partial_line(failure) == says
