"""Real pods behind a real ALB: a pod that dies or leaves costs no order."""

import signal
import subprocess
import threading
import time
import uuid

import pytest
import requests

from blackstart.lab.edge.alb import Alb
from blackstart.lab.edge.black_hole import BlackHole
from blackstart.lab.edge.targets import health
from blackstart.lab.layout import Layout, Ports
from blackstart.lab.specification import TIMINGS

pytestmark = pytest.mark.proof
REGION = "eu-west-1"


@pytest.fixture
def alb(tmp_path, free, eventually_true):
    layout = Layout(105, Ports(*(free("127.105.1.10") for _ in range(8))), (REGION, "eu-central-1"))
    hole = BlackHole(layout.alb_admin(REGION))
    balancer = Alb(layout, REGION, TIMINGS["fast"], tmp_path / "edge", hole.address)
    balancer.write()
    with (tmp_path / "envoy.log").open("wb") as log:
        envoy = subprocess.Popen(balancer.argv, stdout=log, stderr=log)
    balancer.url = f"http://{layout.alb(REGION)}:{layout.ports.http}"
    balancer.ask = lambda: health(
        requests.get(f"http://{balancer.admin[0]}:{balancer.admin[1]}/clusters?format=json", timeout=5).json()
    )
    eventually_true(lambda: _answers(balancer.url))
    yield balancer
    envoy.kill()
    envoy.wait()
    hole.close()


def test_a_pod_that_leaves_costs_no_order_and_a_dead_one_few(primary, alb, start_pod, eventually_true):
    pods = [start_pod(ip) for ip in ("127.105.1.101", "127.105.1.102", "127.105.1.103")]
    alb.register((pod.ip, pod.port) for pod in pods)
    eventually_true(lambda: [state for state, _ in alb.ask().values()] == ["healthy"] * 3)
    traffic = Traffic(alb.url)
    traffic.start()
    eventually_true(lambda: len({pod for _, pod in traffic.answers}) == 3)
    # As on a scale-down: the pod hears SIGTERM while the balancer is told that it is no target any more.
    pods[0].process.send_signal(signal.SIGTERM)
    alb.register((pod.ip, pod.port) for pod in pods[1:])
    assert pods[0].process.wait(10) == 0
    seen = len(traffic.answers)
    eventually_true(lambda: len(traffic.answers) > seen + 20)
    assert {status for status, _ in traffic.answers} == {201}
    # A pod that is killed is found out by the checks; until then its share of requests is refused.
    pods[1].process.kill()
    eventually_true(lambda: ("unhealthy", "Target.FailedHealthChecks") in alb.ask().values())
    seen = len(traffic.answers)
    eventually_true(lambda: len(traffic.answers) > seen + 20)
    traffic.stop()
    assert set(traffic.answers[seen + 2 :]) == {(201, "shop-2")}
    acknowledged = sum(1 for status, _ in traffic.answers if status == 201)
    assert primary.ask(f"SELECT count(*) FROM orders WHERE run = '{traffic.run_id}'") == [(acknowledged,)]


def test_an_order_through_a_closed_path_is_never_acknowledged(primary, alb, start_pod, eventually_true):
    pod = start_pod("127.105.1.101")
    alb.register([(pod.ip, pod.port)])
    eventually_true(lambda: [state for state, _ in alb.ask().values()] == ["healthy"])
    assert _order(alb.url, "closed", uuid.uuid4().hex)[0] == 201
    alb.set_path(False)
    eventually_true(lambda: _order(alb.url, "closed", uuid.uuid4().hex)[0] in (503, 504))
    assert [state for state, _ in alb.ask().values()] == ["healthy"]  # traffic ends before the checks find out
    eventually_true(lambda: [state for state, _ in alb.ask().values()] == ["unhealthy"])
    mine = uuid.uuid4().hex
    started = time.monotonic()
    assert _order(alb.url, "closed", mine)[0] in (503, 504)
    assert time.monotonic() - started < 3
    alb.set_path(True)
    eventually_true(lambda: _order(alb.url, "closed", uuid.uuid4().hex)[0] == 201)
    assert primary.ask(f"SELECT count(*) FROM orders WHERE key = '{mine}'") == [(0,)]


class Traffic(threading.Thread):
    """Places orders one after the other, each over a new connection."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.run_id = url, uuid.uuid4().hex
        self.answers: list[tuple[int, str | None]] = []
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            self.answers.append(_order(self.url, self.run_id, uuid.uuid4().hex))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _order(url: str, run: str, key: str) -> tuple[int, str | None]:
    answer = requests.post(f"{url}/orders", json={"run": run}, headers={"Idempotency-Key": key}, timeout=5)
    return answer.status_code, answer.headers.get("X-Pod")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).status_code == 503
    except requests.ConnectionError:
        return False
