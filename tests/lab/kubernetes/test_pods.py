"""Pods as processes: start, environment, probes, crashes, grace."""

import os
import time

import psutil

from blackstart.lab.kubernetes.node import truth


def waiting(pod):
    [status] = pod["status"].get("containerStatuses") or [{}]
    return status.get("state", {}).get("waiting", {}).get("reason")


def test_missing_image_is_never_ready(twin):
    twin.deployment("imageless", image="shop:missing", replicas=1)
    twin.until(lambda: [waiting(pod) for pod in twin.pods("app=imageless")] == ["ImagePullBackOff"], "it backs off")
    assert twin.ready_pods("app=imageless") == []
    status = twin.get("deployment", "imageless")["status"]
    assert status["unavailableReplicas"] == 1
    assert "readyReplicas" not in status
    events = twin.get("events", "--field-selector", "reason=Failed")["items"]
    assert any("shop:missing" in event["message"] for event in events)


def test_environment(twin):
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "environment", "namespace": "shop"},
        "data": {"ALL": "of it", "ONE": "key"},
    }
    twin.apply(settings)
    env = [
        {"name": "PORT", "value": str(twin.layout.ports.http)},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "SPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "shop-database", "key": "password"}}},
        {"name": "CHOSEN", "valueFrom": {"configMapKeyRef": {"name": "environment", "key": "ONE"}}},
        {"name": "ABSENT", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "k", "optional": True}}},
        {"name": "COMPOSED", "value": "$(NAME)@$(SPACE) $$(NAME) $(UNKNOWN)"},
    ]
    source = [{"configMapRef": {"name": "environment"}}]
    twin.deployment("environment", container={"env": env, "envFrom": source})
    [pod] = twin.until(lambda: twin.ready_pods("app=environment"), "the pod is ready")
    found = twin.ask(pod, "/env")
    name = pod["metadata"]["name"]
    wanted = {
        "POD_IP": pod["status"]["podIP"],
        "NAME": name,
        "SPACE": "shop",
        "PASSWORD": "s3cret",
        "ALL": "of it",
        "CHOSEN": "key",
        "COMPOSED": f"{name}@shop $(NAME) $(UNKNOWN)",
        "FROM_LAB": "yes",
        "HOSTNAME": name,
        "RESOLVER": f"{twin.layout.resolver(twin.layout.view(twin.region))}:{twin.layout.ports.dns}",
    }
    assert {key: found.get(key) for key in wanted} == wanted
    assert "ABSENT" not in found


def test_a_container_waits_for_its_secret(twin):
    reference = {"secretKeyRef": {"name": "late", "key": "k"}}
    port = {"name": "PORT", "value": str(twin.layout.ports.http)}
    ip = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    twin.deployment("waits", container={"env": [port, ip, {"name": "S", "valueFrom": reference}]})
    twin.until(lambda: [waiting(pod) for pod in twin.pods("app=waits")] == ["CreateContainerConfigError"], "it waits")
    twin.kubectl("create", "secret", "generic", "late", "--from-literal=k=v")
    twin.until(lambda: twin.ready_pods("app=waits"), "it starts once the secret is there")


def test_crashing_container_backs_off_and_counts(twin):
    twin.deployment("broken", image="broken:1")

    def restarts():
        [pod] = twin.pods("app=broken")
        [status] = pod["status"].get("containerStatuses") or [{}]
        return waiting(pod) == "CrashLoopBackOff" and status["restartCount"] >= 2 and status

    status = twin.until(restarts, "it backs off after two restarts")
    assert status["lastState"]["terminated"]["exitCode"] == 7
    name = twin.pods("app=broken")[0]["metadata"]["name"]
    assert twin.kubectl("logs", name, "--previous") == "pod starts\n"


def test_killed_process_is_restarted_in_the_same_pod(twin):
    twin.deployment("crashed")
    [pod] = twin.until(lambda: twin.ready_pods("app=crashed"), "the pod is ready")
    twin.ask(pod, "/crash")

    def back():
        ready = twin.ready_pods("app=crashed")
        return ready and ready[0]["status"]["containerStatuses"][0]["restartCount"] == 1 and ready

    [after] = twin.until(back, "it runs again")
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]


def test_readiness_comes_and_goes(twin):
    twin.deployment("ready")
    [pod] = twin.until(lambda: twin.ready_pods("app=ready"), "the pod is ready")
    twin.ask(pod, "/set?/readyz=503")
    twin.until(lambda: not twin.ready_pods("app=ready"), "it is not ready any more")
    assert twin.pods("app=ready")[0]["status"]["containerStatuses"][0]["restartCount"] == 0
    twin.ask(pod, "/set?/readyz=200")
    twin.until(lambda: twin.ready_pods("app=ready"), "it is ready again")


def test_liveness_restarts_the_container(twin):
    probe = {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1, "failureThreshold": 1}
    twin.deployment("alive", container={"livenessProbe": probe})
    [pod] = twin.until(lambda: twin.ready_pods("app=alive"), "the pod is ready")
    twin.ask(pod, "/set?/healthz=500")

    def restarted():
        [one] = twin.pods("app=alive")
        return one["status"]["containerStatuses"][0]["restartCount"] == 1

    twin.until(restarted, "the container was restarted")


def test_pod_is_replaced_when_its_deletion_begins(twin):
    twin.deployment("leaving", image="stubborn:1", terminationGracePeriodSeconds=600)
    [pod] = twin.until(lambda: twin.ready_pods("app=leaving"), "the pod is ready")
    name = pod["metadata"]["name"]
    twin.kubectl("delete", "pod", name, "--wait=false")

    def listed():
        return {one["metadata"]["name"]: one for one in twin.pods("app=leaving")}

    [replacement] = twin.until(lambda: twin.ready_pods("app=leaving"), "the replacement is ready")
    assert replacement["metadata"]["name"] != name
    assert listed()[name]["metadata"]["deletionGracePeriodSeconds"] == 600
    assert twin.ask(pod, "/env") is not None
    twin.kubectl("delete", "pod", name, "--force", "--grace-period=0")
    assert name not in listed()
    twin.until(lambda: twin.ask(pod, "/env") is None, "its process is gone")
    twin.kubectl("delete", "pods", "-l", "app=leaving", "--force", "--grace-period=0")


def test_stubborn_pod_is_killed_after_its_grace(twin):
    twin.deployment("stubborn", image="stubborn:1", terminationGracePeriodSeconds=2)
    [pod] = twin.until(lambda: twin.ready_pods("app=stubborn"), "the pod is ready")
    began = time.monotonic()
    twin.kubectl("delete", "pod", pod["metadata"]["name"])
    assert time.monotonic() - began >= 1.9
    assert twin.ask(pod, "/env") is None


def test_pods_stay_in_the_twins_process_group(twin):
    twin.deployment("grouped")
    twin.until(lambda: twin.ready_pods("app=grouped"), "the pod is ready")
    group = os.getpgid(twin.process.pid)
    children = psutil.Process(twin.process.pid).children(recursive=True)
    assert children
    assert {os.getpgid(child.pid) for child in children if child.is_running()} == {group}


def test_relabelled_pod_is_let_go_and_replaced(twin):
    twin.deployment("aside")
    [pod] = twin.until(lambda: twin.ready_pods("app=aside"), "the pod is ready")
    twin.kubectl("label", "pod", pod["metadata"]["name"], "app=aside-debug", "--overwrite")
    twin.until(lambda: twin.ready_pods("app=aside"), "a replacement is ready")
    [free] = twin.ready_pods("app=aside-debug")
    assert not free["metadata"].get("ownerReferences")
    twin.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")


def test_the_truth_of_pods_is_kept(twin):
    twin.deployment("true")
    [pod] = twin.until(lambda: twin.ready_pods("app=true"), "the pod is ready")
    began = time.monotonic_ns()
    twin.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")
    twin.until(lambda: twin.ready_pods("app=true"), "the replacement is ready")
    noted = [(it["what"], it["t"]) for it in truth.read(twin.folder / "state") if it["pod"] == pod["metadata"]["name"]]
    assert [what for what, _ in noted] == ["pod started", "pod killed"]
    assert noted[0][1] < began < noted[1][1] < time.monotonic_ns()
