"""chaosk8s's pod and deployment activities drive the twin unchanged."""

import pytest
from chaosk8s.deployment import actions as deployments
from chaosk8s.deployment import probes as deployment_probes
from chaosk8s.pod import actions as pods
from chaosk8s.pod import probes as pod_probes


@pytest.fixture
def secrets(twin, monkeypatch):
    monkeypatch.setattr("chaosk8s.get_config_path", lambda: "/nonexistent")
    return {
        "KUBERNETES_HOST": twin.url,
        "KUBERNETES_API_KEY": "test-admin-token",
        "KUBERNETES_CA_CERT_FILE": str(twin.ca),
        "KUBERNETES_VERIFY_SSL": "true",
    }


def test_terminate_pods(twin, secrets):
    twin.deployment("terminated", replicas=2)
    before = twin.until(lambda: len(twin.ready_pods("app=terminated")) == 2 and twin.pods("app=terminated"), "two pods")
    gone = pods.terminate_pods(label_selector="app=terminated", all=True, grace_period=0, ns="shop", secrets=secrets)
    assert sorted(gone) == sorted(pod["metadata"]["name"] for pod in before)
    twin.until(lambda: len(twin.ready_pods("app=terminated")) == 2, "both are replaced")
    assert not set(gone) & {pod["metadata"]["name"] for pod in twin.pods("app=terminated")}
    assert pod_probes.count_pods("app=terminated", phase="Running", ns="shop", secrets=secrets) == 2


def test_scale_and_rollout(twin, secrets):
    twin.deployment("chaos", replicas=0)
    deployments.scale_deployment("chaos", 2, ns="shop", secrets=secrets)
    assert deployment_probes.deployment_fully_available("chaos", ns="shop", timeout=30, secrets=secrets)
    assert deployment_probes.deployment_available_and_healthy("chaos", ns="shop", secrets=secrets)
    before = {pod["metadata"]["name"] for pod in twin.pods("app=chaos")}
    deployments.rollout_deployment("chaos", ns="shop", secrets=secrets)
    twin.kubectl("rollout", "status", "deployment/chaos", "--timeout=30s")
    assert not before & {pod["metadata"]["name"] for pod in twin.ready_pods("app=chaos")}
    # read_pod_logs lists the pods, then reads each: one that still terminates may be gone in between.
    twin.until(
        lambda: not before & {pod["metadata"]["name"] for pod in twin.pods("app=chaos")}, "the old pods are gone"
    )
    logs = pod_probes.read_pod_logs(label_selector="app=chaos", ns="shop", secrets=secrets)
    assert len(logs) == 2
    assert all("pod starts" in text for text in logs.values())


def test_delete_deployment(twin, secrets):
    twin.deployment("removed", replicas=1)
    twin.until(lambda: twin.ready_pods("app=removed"), "the pod is ready")
    deployments.delete_deployment("removed", ns="shop", secrets=secrets)
    twin.until(lambda: not twin.pods("app=removed"), "its pods are gone")
