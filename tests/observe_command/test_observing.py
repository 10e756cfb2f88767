"""What an observation sees, writes and prints, until it ends in order."""

import json
import signal
import socket
import subprocess
import time

from blackstart.history import History
from tests.observer.conftest import ADDRESS

from .conftest import COMMAND, environment, observe, observing, probed, until

UNAVAILABLE = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


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


def test_streams_that_are_closed_are_no_error(server, tmp_path):
    script = f"exec {' '.join(COMMAND)} observe {server.url} --duration-s 1 --out o >&- 2>&-"
    ended = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment(), timeout=150, check=False)
    assert ended.returncode == 0
    assert json.loads((tmp_path / "o/observation.json").read_text())["state"] == "complete"


def names_port(urls):
    return urls[2].split(":")[2].split("/")[0]


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
