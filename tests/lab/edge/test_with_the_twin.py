"""The edge against the lab's own Kubernetes: pods that the cluster starts, deletes and loses are followed."""

import asyncio
import json
import os
import sys

import pytest
import requests

from blackstart.lab.edge import Cluster, Edge
from blackstart.lab.kubernetes import certificates, configuration
from blackstart.lab.specification import Specification
from tests.lab.kubernetes import manifests

PRIMARY = "eu-west-1"
POD = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Pod", os.environ["POD_NAME"])
        self.send_header("Content-Length", "0")
        self.end_headers()
ThreadingHTTPServer((os.environ["POD_IP"], int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def twin(bare_lab, tmp_path):
    """Start a lab of one ALB and one twin with two pods; return the lab and a session for the cluster's API."""
    lab, layout = bare_lab, bare_lab.layout
    files = certificates.write(tmp_path / "tls", {PRIMARY: [layout.kubernetes(PRIMARY)]})[PRIMARY]
    environment = {"PORT": str(layout.ports.http)}
    manifests.write(tmp_path / "manifests", region=PRIMARY, replicas=2, environment=environment)
    document = configuration.config(
        layout,
        PRIMARY,
        state=tmp_path / "kubernetes",
        manifests=tmp_path / "manifests",
        logs=tmp_path / "pods",
        tls=files,
        images={manifests.IMAGE: [sys.executable, "-c", POD]},
        pod_env={"PYTHONPATH": os.pathsep.join(sys.path)},
        admin_token="secret",
        pod_start_s=0.1,
    )
    (tmp_path / "twin.json").write_text(json.dumps(document))
    lab.twin_argv = [sys.executable, "-m", "blackstart.lab.kubernetes", str(tmp_path / "twin.json")]
    url = f"https://{layout.kubernetes(PRIMARY)}:{layout.ports.kubernetes}"
    lab.call(_start(lab, tmp_path, Cluster(url, files["ca"], "secret")))
    with requests.Session() as api:
        api.trust_env = False  # a CA bundle in the environment would win over this one
        api.verify = str(files["ca"])
        api.headers["Authorization"] = "Bearer secret"
        yield lab, lambda method, path, **more: api.request(method, f"{url}{path}", timeout=10, **more)


async def _start(lab, state, cluster) -> None:
    lab.edge = Edge(lab.layout, Specification(), lab.processes, state, {PRIMARY: cluster})
    lab.running = asyncio.ensure_future(lab.edge.run())
    await _start_twin(lab)
    await lab.edge.start_alb(PRIMARY)


async def _start_twin(lab) -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    await lab.processes.start("twin", lab.twin_argv, group=PRIMARY, env=environment)


def test_the_clusters_pods_are_the_targets(twin, eventually_true):
    lab, api = twin
    eventually_true(lambda: lab.healthy(PRIMARY, 2), 40)
    before = _served_by(lab)
    assert len(before) == 2
    gone = min(before)
    assert api("DELETE", f"/api/v1/namespaces/shop/pods/{gone}").ok
    eventually_true(lambda: lab.healthy(PRIMARY, 2) and gone not in _served_by(lab) and len(_served_by(lab)) == 2, 40)
    patch = {"headers": {"Content-Type": "application/merge-patch+json"}, "data": '{"spec": {"replicas": 0}}'}
    assert api("PATCH", "/apis/apps/v1/namespaces/shop/deployments/shop", **patch).ok
    eventually_true(lambda: not {"healthy", "unhealthy"} & set(lab.states(PRIMARY)), 40)
    eventually_true(lambda: requests.get(lab.alb(PRIMARY), timeout=5).status_code == 503)


def test_a_lost_region_comes_back_with_its_pods(twin, eventually_true):
    lab, _ = twin
    eventually_true(lambda: lab.healthy(PRIMARY, 2), 40)
    lab.call(lab.processes.kill_group(PRIMARY))
    eventually_true(lambda: set(lab.states(PRIMARY)) == {"unhealthy"})
    lab.call(_start_twin(lab))
    lab.call(lab.edge.start_alb(PRIMARY))
    eventually_true(lambda: lab.healthy(PRIMARY, 2), 40)
    assert len(_served_by(lab)) == 2


def _served_by(lab) -> set[str]:
    answers = [requests.get(lab.alb(PRIMARY), timeout=5) for _ in range(8)]
    return {answer.headers["X-Pod"] for answer in answers if answer.status_code == 200}
