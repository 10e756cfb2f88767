"""The edge with real Envoys: targets, ingress, the path to the pods, and an accelerator that follows its rules."""

import socket
import time

import pytest
import requests

from blackstart.outcome import UsageError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


def test_pods_become_targets_and_serve(lab, eventually_true):
    assert requests.get(lab.alb(PRIMARY), timeout=5).status_code == 503  # no target at all
    pod = lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))
    assert lab.targets(PRIMARY) == [
        {"address": pod.ip, "port": lab.layout.ports.http, "state": "healthy", "reason": ""}
    ]
    answer = requests.get(f"{lab.alb(PRIMARY)}/orders", timeout=5)
    assert (answer.status_code, answer.headers["X-Region"], answer.headers["X-Pod"]) == (200, PRIMARY, pod.name)
    assert not {name for name in answer.headers if name.lower().startswith("x-envoy") or name.lower() == "server"}
    assert "x-forwarded-for" in answer.json()["headers"]


def test_a_look_that_stumbles_is_followed_by_others(lab, eventually_true, monkeypatch):
    balancer, stumbled = lab.edge._balancers[PRIMARY], []
    ask = balancer._ask

    async def stumble(session):
        if not stumbled:
            stumbled.append(1)
            raise RuntimeError("an answer like no other")
        return await ask(session)

    monkeypatch.setattr(balancer, "_ask", stumble)
    eventually_true(lambda: stumbled)
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))


def test_targets_follow_the_cluster(lab, eventually_true):
    first, second = lab.add_pod(PRIMARY), lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY, 2))
    lab.do(lambda: lab.apis[PRIMARY].put(first.name, first.ip, leaving=True))
    eventually_true(lambda: sorted(lab.states(PRIMARY)) == ["draining", "healthy"])
    assert {requests.get(lab.alb(PRIMARY), timeout=5).headers["X-Pod"] for _ in range(6)} == {second.name}
    lab.do(lambda: lab.apis[PRIMARY].delete(first.name))
    lab.do(lambda: lab.apis[PRIMARY].put(second.name, second.ip, ready=False))
    eventually_true(lambda: "healthy" not in lab.states(PRIMARY))
    assert requests.get(lab.alb(PRIMARY), timeout=5).status_code == 503


def test_a_dead_api_keeps_the_targets_and_a_new_one_is_followed(lab, eventually_true):
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))
    lab.stop_api(PRIMARY)
    lab.do(lab.apis[PRIMARY].lose_everything)
    for _ in range(5):
        assert requests.get(lab.alb(PRIMARY), timeout=5).status_code == 200
    assert lab.healthy(PRIMARY)
    lab.start_api(PRIMARY)
    eventually_true(lambda: "healthy" not in lab.states(PRIMARY))
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))


def test_a_watch_that_fell_behind_is_listed_anew(lab, eventually_true):
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))
    lists = lab.apis[PRIMARY].lists
    lab.do(lambda: setattr(lab.apis[PRIMARY], "version", lab.apis[PRIMARY].version + 1000))
    lab.do(lab.apis[PRIMARY].end_watches)
    eventually_true(lambda: lab.apis[PRIMARY].lists > lists)
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY, 2))


def test_an_unready_pod_gets_nothing_but_all_unready_get_everything(lab, eventually_true):
    first, second = lab.add_pod(PRIMARY), lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY, 2))
    first.ready = False
    eventually_true(lambda: lab.healthy(PRIMARY, 1))
    assert first.refused >= 2
    assert {requests.get(lab.alb(PRIMARY), timeout=5).headers["X-Pod"] for _ in range(6)} == {second.name}
    second.ready = False
    eventually_true(lambda: lab.states(PRIMARY) == ["unhealthy", "unhealthy"])
    pods = {requests.get(lab.alb(PRIMARY), timeout=5).headers["X-Pod"] for _ in range(20)}
    assert pods == {first.name, second.name}


def test_blocked_ingress_hangs_new_connections_and_nothing_else(lab, eventually_true):
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))
    with requests.Session() as tracked:
        assert tracked.get(lab.alb(PRIMARY), timeout=5).status_code == 200
        lab.do(lambda: lab.edge.set_ingress(PRIMARY, []))
        eventually_true(lambda: _hangs(lab.layout.alb(PRIMARY), lab.layout.ports.http))
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            answer = tracked.get(lab.alb(PRIMARY), timeout=5)
            assert (answer.status_code, answer.headers.get("connection")) == (200, None)
            assert lab.states(PRIMARY) == ["healthy"]
            time.sleep(0.05)
        assert _hangs(lab.layout.alb(PRIMARY), lab.layout.ports.http)
        assert lab.do(lab.edge.snapshot)["security_groups"][PRIMARY] == {"alb": [], "pods_open": True}
        lab.do(lambda: lab.edge.set_ingress(PRIMARY, ["0.0.0.0/0"]))
        eventually_true(lambda: not _hangs(lab.layout.alb(PRIMARY), lab.layout.ports.http))
        assert tracked.get(lab.alb(PRIMARY), timeout=5).status_code == 200


def test_ingress_goes_by_the_clients_address(lab, eventually_true):
    lab.add_pod(PRIMARY)
    eventually_true(lambda: lab.healthy(PRIMARY))
    lab.do(lambda: lab.edge.set_ingress(PRIMARY, ["10.0.0.0/8"]))
    eventually_true(lambda: _hangs(lab.layout.alb(PRIMARY), lab.layout.ports.http))
    lab.do(lambda: lab.edge.set_ingress(PRIMARY, ["10.0.0.0/8", "127.0.0.0/8"]))
    eventually_true(lambda: not _hangs(lab.layout.alb(PRIMARY), lab.layout.ports.http))
    with pytest.raises(UsageError, match="no CIDR"):
        lab.do(lambda: lab.edge.set_ingress(PRIMARY, ["everybody"]))


def test_a_closed_path_fails_over_whatever_the_dial_says(lab, region_of, eventually_true):
    _both_regions(lab, eventually_true)
    assert region_of(lab.accelerator) == PRIMARY
    closed = time.monotonic()
    lab.do(lambda: lab.edge.set_path(PRIMARY, False))
    eventually_true(lambda: requests.get(lab.alb(PRIMARY), timeout=5).status_code in (503, 504))
    eventually_true(lambda: lab.states(PRIMARY) == ["unhealthy"])
    noticed = time.monotonic()
    assert noticed - closed > 0.5  # two checks must fail
    eventually_true(lambda: region_of(lab.accelerator) == STANDBY)
    described = lab.do(lab.edge.describe_accelerator)
    assert described["routed"] == {PRIMARY: 0.0, STANDBY: 1.0}
    assert [group["dial"] for group in described["groups"]] == [100, 0]
    health = {group["region"]: group["endpoints"][0]["health"] for group in described["groups"]}
    assert health == {PRIMARY: "UNHEALTHY", STANDBY: "HEALTHY"}
    lab.do(lambda: lab.edge.set_path(PRIMARY, True))
    eventually_true(lambda: region_of(lab.accelerator) == PRIMARY)


def test_a_dead_alb_fails_over_and_comes_back_as_it_was(lab, region_of, eventually_true):
    _both_regions(lab, eventually_true)
    lab.call(lab.processes.kill_group(PRIMARY))
    eventually_true(lambda: lab.states(PRIMARY) == ["unhealthy"])
    eventually_true(lambda: region_of(lab.accelerator) == STANDBY)
    lab.call(lab.edge.start_alb(PRIMARY))
    eventually_true(lambda: lab.healthy(PRIMARY))
    eventually_true(lambda: region_of(lab.accelerator) == PRIMARY)


def test_a_hung_alb_fails_over(lab, region_of, eventually_true):
    _both_regions(lab, eventually_true)
    lab.do(lambda: lab.processes.suspend_group(PRIMARY))
    eventually_true(lambda: region_of(lab.accelerator, 0.5) == STANDBY)
    lab.do(lambda: lab.processes.resume_group(PRIMARY))
    eventually_true(lambda: region_of(lab.accelerator) == PRIMARY)


def test_a_dial_moves_new_connections_at_once_and_no_live_one(lab, region_of, eventually_true, record_property):
    _both_regions(lab, eventually_true)
    with requests.Session() as live:
        assert live.get(lab.accelerator, timeout=5).headers["X-Region"] == PRIMARY
        took_ms = []
        for wanted, dials in ((STANDBY, (0, 100)), (PRIMARY, (100, 0))) * 3:
            turned = time.monotonic()
            lab.dial(*dials)
            eventually_true(lambda wanted=wanted: region_of(lab.accelerator) == wanted)
            took_ms.append(round((time.monotonic() - turned) * 1e3, 1))
        lab.dial(0, 100)
        eventually_true(lambda: region_of(lab.accelerator) == STANDBY)
        assert live.get(lab.accelerator, timeout=5).headers["X-Region"] == PRIMARY
    record_property("dial_ms", took_ms)


def test_blocked_ingress_makes_no_health_failover(lab, region_of, eventually_true):
    _both_regions(lab, eventually_true)
    lab.do(lambda: lab.edge.set_ingress(PRIMARY, []))
    eventually_true(lambda: region_of(lab.accelerator, 0.3) is None)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert region_of(lab.accelerator, 0.3) is None
    assert lab.routed() == {PRIMARY: 1.0, STANDBY: 0.0}
    lab.dial(0, 100)
    eventually_true(lambda: region_of(lab.accelerator) == STANDBY)


def test_half_a_dial_splits_and_no_dial_refuses(lab, region_of, eventually_true):
    _both_regions(lab, eventually_true)
    lab.dial(50, 50)
    eventually_true(lambda: {region_of(lab.accelerator) for _ in range(20)} == {PRIMARY, STANDBY})
    lab.dial(0, 0)
    eventually_true(lambda: region_of(lab.accelerator) is None)
    assert lab.routed() == {PRIMARY: 0.0, STANDBY: 0.0}


def test_no_healthy_target_anywhere_fails_open_to_the_primary(lab, eventually_true):
    lab.dial(0, 100)
    eventually_true(lambda: lab.routed() == {PRIMARY: 1.0, STANDBY: 0.0})
    answer = requests.get(lab.accelerator, timeout=5)
    assert answer.status_code == 503

    def reasons() -> set[str]:
        return {each["endpoints"][0]["reason"] for each in lab.do(lab.edge.describe_accelerator)["groups"]}

    eventually_true(lambda: reasons() == {"no registered target"})


def test_the_snapshot_is_the_same_when_everything_was_put_back(lab):
    lab.dial(100, 0)
    before = lab.do(lab.edge.snapshot)
    assert before["dials"] == {PRIMARY: 100, STANDBY: 0}
    assert before["weights"] == {PRIMARY: 128, STANDBY: 128}
    lab.dial(0, 100)
    lab.do(lambda: lab.edge.set_path(PRIMARY, False))
    lab.do(lambda: lab.edge.set_ingress(PRIMARY, ["10.0.0.0/8"]))
    assert lab.do(lab.edge.snapshot) != before
    lab.dial(100, 0)
    lab.do(lambda: lab.edge.set_path(PRIMARY, True))
    lab.do(lambda: lab.edge.set_ingress(PRIMARY, ["0.0.0.0/0"]))
    assert lab.do(lab.edge.snapshot) == before


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"groups": [{"region": "us-east-1", "dial": 1, "endpoints": []}]}, "no region 'us-east-1'"),
        ({"groups": [{"region": PRIMARY, "dial": 101, "endpoints": []}]}, "dial"),
        ({"groups": [{"region": PRIMARY, "dial": 1}]}, "no endpoint group"),
        ({"groups": [{"region": PRIMARY, "dial": 1, "endpoints": [{"id": "a", "weight": 256}]}]}, "weight"),
        ({"groups": [{"region": PRIMARY, "dial": 1, "endpoints": [{"id": "a"}, {"id": "a"}]}]}, "twice"),
    ],
)
def test_a_wrong_accelerator_is_refused(lab, document, message):
    with pytest.raises(UsageError, match=message):
        lab.do(lambda: lab.edge.set_accelerator(document))


def _both_regions(lab, eventually_true) -> None:
    lab.add_pod(PRIMARY)
    lab.add_pod(STANDBY)
    lab.dial(100, 0)
    eventually_true(lambda: lab.healthy(PRIMARY) and lab.healthy(STANDBY))
    eventually_true(lambda: lab.routed() == {PRIMARY: 1.0, STANDBY: 0.0} and _all_healthy(lab))


def _all_healthy(lab) -> bool:
    groups = lab.do(lab.edge.describe_accelerator)["groups"]
    return all(endpoint["health"] == "HEALTHY" for group in groups for endpoint in group["endpoints"])


def _hangs(host: str, port: int) -> bool:
    """Return whether a new connection is accepted and then gets no answer."""
    with socket.create_connection((host, port), 2) as connection:
        connection.settimeout(0.3)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            answer = connection.recv(1)
        except TimeoutError:
            return True
    assert answer, "closed instead of left to hang"
    return False
