"""Target states in ELB's words, and which pods are targets at all."""

import pytest

from blackstart.lab.edge.registration import serves
from blackstart.lab.edge.targets import Target, health, targets

ONE, TWO = ("127.105.1.101", 80), ("127.105.1.102", 80)


def host(address, **flags):
    socket = {"address": address[0], "port_value": address[1]}
    return {"address": {"socket_address": socket}, "health_status": {"eds_health_status": "HEALTHY"} | flags}


def test_envoys_flags_are_read():
    answer = {
        "cluster_statuses": [
            {
                "name": "pods",
                "host_statuses": [host(ONE), host(TWO, failed_active_health_check=True, active_hc_timeout=True)],
            }
        ]
    }
    assert health(answer) == {ONE: ("healthy", ""), TWO: ("unhealthy", "Target.Timeout")}
    assert health({"cluster_statuses": [{"name": "pods"}]}) == {}


def test_who_is_registered_but_not_known_yet_is_initial():
    assert targets([ONE], [TWO], {}) == (
        Target(*ONE, "initial", "Elb.RegistrationInProgress"),
        Target(*TWO, "draining", "Target.DeregistrationInProgress"),
    )


def test_a_dead_load_balancer_has_no_healthy_target():
    assert targets([ONE], [], None) == (Target(*ONE, "unhealthy", "Elb.InternalError"),)


def pod(ip="127.0.0.1", ready="True", **metadata):
    return {"metadata": metadata, "status": {"podIP": ip, "conditions": [{"type": "Ready", "status": ready}]}}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (pod(), True),
        (pod(ready="False"), False),
        (pod(ip=""), False),
        (pod(deletionTimestamp="2026-11-22T00:00:00Z"), False),
        ({"metadata": {}}, False),
        ({"metadata": {}, "status": {"podIP": "127.0.0.1"}}, False),
    ],
)
def test_only_ready_pods_that_stay_are_targets(given, wanted):
    assert serves(given) is wanted
