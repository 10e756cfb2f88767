"""The process: what it writes, how it refuses to start, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

import blackstart

PORT_IN_USE, BROKEN = 2, 6


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(blackstart.__file__).parents[1])}
    command = [sys.executable, "-m", "blackstart.lab.aws", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_small(api: Any) -> None:
    assert psutil.Process(api.process.pid).memory_info().rss < 260e6


def test_resources_name_what_the_topology_needs(api: Any) -> None:
    assert set(api.resources) >= {"accelerator_arn", "listener_arn", "zone_id", "global_cluster", "secret", "regions"}
    assert list(api.resources["regions"]) == sorted(api.layout.regions)
    for region in api.resources["regions"].values():
        balancer = {"load_balancer_arn", "target_group_arn", "alb_security_group", "pods_security_group"}
        assert set(region) >= balancer | {"cluster", "fis_templates"}
        assert set(region["fis_templates"]) == {"cache-loss", "region-loss"}


def test_the_plant_gets_its_first_state_once(start: Callable[[], Any]) -> None:
    api = start()
    sent = [(path, body) for method, path, body in api.plant.calls if method == "PUT"]
    assert len(sent) == len({path for path, _ in sent})
    told = dict(sent)
    for region in api.layout.regions:
        assert told[f"/edge/ingress/{region}"] == {"allowed": ["0.0.0.0/0"]}
        assert told[f"/edge/path/{region}"] == {"open": True}
    assert [(group["region"], group["dial"]) for group in told["/edge/accelerator"]["groups"]] == [
        ("eu-west-1", 100.0),
        ("eu-central-1", 0.0),
    ]
    assert told["/fis"] == {"running": []}
    writer, reader = told["/names/records"]["records"]
    assert writer == {
        "name": "writer.shop.internal.",
        "type": "CNAME",
        "ttl": 2,
        "values": [api.layout.cluster_endpoint("eu-west-1")],
    }
    assert reader["values"] == [api.layout.reader_endpoint("eu-west-1")]


def test_sigterm_ends_it_although_a_call_hangs(start: Callable[[], Any], eventually: Callable[..., Any]) -> None:
    api = start()
    api.power("eu-west-1", "off")
    with socket.create_connection((api.layout.api, api.layout.ports.api)) as hanging:
        hanging.sendall(
            b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 0\r\nAuthorization: AWS4-HMAC-SHA256 "
            b"Credential=AKIAIOSFODNN7EXAMPLE/20261122/eu-west-1/rds/aws4_request, Signature=0\r\n\r\n"
        )
        eventually(lambda: psutil.Process(api.process.pid).num_threads() > 1)
        began = time.monotonic()
        api.process.send_signal(signal.SIGTERM)
        assert api.process.wait(timeout=20) == -signal.SIGTERM
        assert time.monotonic() - began < 5


def test_a_port_in_use_is_one_clear_line(api: Any) -> None:
    ended = run(str(api.folder / "config.json"))
    assert ended.returncode == PORT_IN_USE
    assert ended.stdout == ""
    assert f"{api.layout.api}:{api.layout.ports.api}" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_broken_configuration_is_one_clear_line(tmp_path: Path) -> None:
    broken = tmp_path / "config.json"
    broken.write_text(json.dumps({"state": "x"}))
    for arguments in ([str(broken)], [str(tmp_path / "none.json")], []):
        ended = run(*arguments)
        assert ended.returncode == PORT_IN_USE
        assert len(ended.stderr.splitlines()) == 1


def test_a_plant_that_is_not_there_is_named(api: Any, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.102.0.9", 0))
        free = probe.getsockname()[1]
    configuration = api.configuration() | {"plant_url": f"http://127.102.0.9:{free}", "state": str(tmp_path)}
    configuration["layout"]["ports"] = configuration["layout"]["ports"] | {"api": free}
    (tmp_path / "config.json").write_text(json.dumps(configuration))
    ended = run(str(tmp_path / "config.json"))
    assert ended.returncode == BROKEN
    assert f"http://127.102.0.9:{free}" in ended.stderr
    assert "Traceback" not in ended.stderr
