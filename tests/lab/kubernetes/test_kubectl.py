"""kubectl drives the twin unchanged."""

import json
import os
import subprocess
from urllib.error import HTTPError

import pytest


def test_apply_shows_up_and_becomes_ready(twin):
    twin.deployment("apply", replicas=2)
    twin.kubectl("rollout", "status", "deployment/apply", "--timeout=30s")
    wide = twin.kubectl("get", "pods", "-l", "app=apply", "-o", "wide")
    addresses = {pod["status"]["podIP"] for pod in twin.ready_pods("app=apply")}
    assert len(addresses) == 2
    assert all(address in wide for address in addresses)
    assert wide.split("\n")[0].split()[:7] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert "2/2" in twin.kubectl("get", "deployment", "apply")


def test_applying_the_same_again_changes_nothing(twin):
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "same", "namespace": "shop"},
        "data": {"a": "1"},
    }
    twin.apply(document)
    revision = twin.get("configmap", "same")["metadata"]["resourceVersion"]
    assert "unchanged" in twin.apply(document)
    assert twin.get("configmap", "same")["metadata"]["resourceVersion"] == revision
    assert "configured" in twin.apply(document | {"data": {"b": "2"}})
    assert twin.get("configmap", "same")["data"] == {"b": "2"}


def test_server_side_apply_removes_what_is_no_longer_applied(twin):
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "sided", "namespace": "shop"},
        "data": {"a": "1", "b": "2"},
    }
    apply = ("apply", "--server-side", "-f", "-")
    twin.kubectl(*apply, stdin=json.dumps(document))
    twin.kubectl(*apply, stdin=json.dumps(document | {"data": {"a": "1"}}))
    assert twin.get("configmap", "sided")["data"] == {"a": "1"}
    other = json.dumps(document | {"data": {"a": "other"}})
    refused = twin.kubectl(*apply, "--field-manager", "other", stdin=other, check=False)
    assert refused.returncode == 1
    assert "conflict" in refused.stderr
    twin.kubectl(*apply, "--field-manager", "other", "--force-conflicts", stdin=other)
    assert twin.get("configmap", "sided")["data"] == {"a": "other"}


def test_watch_prints_changes_as_they_come(twin):
    twin.deployment("watched", replicas=0)
    watching = subprocess.Popen(
        [twin.kubectl_path, "get", "deployment", "watched", "-w"],
        env=os.environ | twin.kubectl_env(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert "NAME" in watching.stdout.readline()
        assert "0/0" in watching.stdout.readline()
        twin.kubectl("scale", "deployment", "watched", "--replicas=1")
        lines = [watching.stdout.readline() for _ in range(2)]
        assert any("0/1" in line for line in lines)
        while "1/1" not in lines[-1]:
            lines.append(watching.stdout.readline())
            assert lines[-1]
    finally:
        watching.kill()
        watching.communicate()


def test_delete_pod_returns_when_it_is_gone_and_a_replacement_is_made(twin):
    twin.deployment("deleted", replicas=1)
    [pod] = twin.until(lambda: twin.ready_pods("app=deleted"), "the pod is ready")
    twin.kubectl("delete", "pod", pod["metadata"]["name"])
    assert twin.kubectl("get", "pod", pod["metadata"]["name"], check=False).returncode == 1
    [replacement] = twin.until(lambda: twin.ready_pods("app=deleted"), "the replacement is ready")
    assert replacement["metadata"]["uid"] != pod["metadata"]["uid"]
    assert replacement["status"]["podIP"] != pod["status"]["podIP"]
    assert twin.ask(pod, "/readyz") is None


def test_scale_up_and_to_zero_omits_zero_counters(twin):
    twin.deployment("scaled", replicas=0)
    twin.kubectl("scale", "deployment", "scaled", "--replicas=3")
    twin.until(lambda: len(twin.ready_pods("app=scaled")) == 3, "three pods are ready")
    twin.kubectl("rollout", "status", "deployment/scaled", "--timeout=30s")
    twin.kubectl("scale", "deployment", "scaled", "--replicas=0")
    twin.until(lambda: not twin.pods("app=scaled"), "all pods are gone")
    status = twin.get("deployment", "scaled")["status"]
    assert not {"replicas", "readyReplicas", "availableReplicas", "unavailableReplicas"} & set(status)


def test_rollout_replaces_pods_one_by_one_and_undo_goes_back(twin):
    twin.deployment("rolled", replicas=2)
    before = twin.until(lambda: len(twin.ready_pods("app=rolled")) == 2 and twin.pods("app=rolled"), "two pods")
    twin.kubectl("set", "image", "deployment/rolled", "shop=shop:1.1")
    twin.kubectl("rollout", "status", "deployment/rolled", "--timeout=30s")
    after = twin.ready_pods("app=rolled")
    assert {pod["spec"]["containers"][0]["image"] for pod in after} == {"shop:1.1"}
    assert not {pod["metadata"]["uid"] for pod in before} & {pod["metadata"]["uid"] for pod in after}
    assert twin.kubectl("rollout", "history", "deployment/rolled").count("<none>") == 2
    twin.kubectl("rollout", "undo", "deployment/rolled")
    twin.kubectl("rollout", "status", "deployment/rolled", "--timeout=30s")
    assert {pod["spec"]["containers"][0]["image"] for pod in twin.ready_pods("app=rolled")} == {"shop:1.0"}


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("strategic", {"spec": {"template": {"spec": {"containers": [{"name": "shop", "workingDir": "/"}]}}}}),
        ("json", [{"op": "add", "path": "/spec/template/spec/containers/0/workingDir", "value": "/"}]),
    ],
)
def test_patch_changes_one_field_of_a_container(twin, kind, patch):
    twin.deployment(f"patched-{kind}", replicas=0)
    twin.kubectl("patch", "deployment", f"patched-{kind}", "--type", kind, "-p", json.dumps(patch))
    [container] = twin.get("deployment", f"patched-{kind}")["spec"]["template"]["spec"]["containers"]
    assert (container["workingDir"], container["image"]) == ("/", "shop:1.0")


def test_merge_patch_and_generation(twin):
    twin.deployment("merged", replicas=0)
    generation = twin.get("deployment", "merged")["metadata"]["generation"]
    twin.kubectl("label", "deployment", "merged", "team=one")
    assert twin.get("deployment", "merged")["metadata"]["generation"] == generation
    twin.kubectl("patch", "deployment", "merged", "--type=merge", "-p", '{"spec":{"minReadySeconds":1}}')
    assert twin.get("deployment", "merged")["metadata"]["generation"] == generation + 1
    assert twin.kubectl("get", "deployments", "-l", "team=one", "-o", "name") == "deployment.apps/merged\n"


def test_logs(twin):
    twin.deployment("logged", replicas=1)
    [pod] = twin.until(lambda: twin.ready_pods("app=logged"), "the pod is ready")
    twin.ask(pod, "/one")
    twin.ask(pod, "/two")
    name = pod["metadata"]["name"]
    lines = twin.kubectl("logs", name).splitlines()
    assert lines == ["pod starts", "asked /one", "asked /two"]
    assert twin.kubectl("logs", name, "--tail=1") == "asked /two\n"
    stamped = twin.kubectl("logs", name, "--timestamps", "--tail=1").split()
    assert stamped[0].endswith("Z")
    assert stamped[1:] == ["asked", "/two"]
    assert twin.kubectl("logs", name, "-c", "nobody", check=False).returncode == 1


def test_followed_logs_end_with_the_container(twin):
    twin.deployment("followed", replicas=1)
    [pod] = twin.until(lambda: twin.ready_pods("app=followed"), "the pod is ready")
    command = [twin.kubectl_path, "logs", "-f", pod["metadata"]["name"]]
    following = subprocess.Popen(command, env=os.environ | twin.kubectl_env(), stdout=subprocess.PIPE, text=True)
    assert following.stdout.readline() == "pod starts\n"
    twin.ask(pod, "/later")
    assert following.stdout.readline() == "asked /later\n"
    twin.kubectl("scale", "deployment", "followed", "--replicas=0")
    assert following.communicate(timeout=30)[0] == ""


def test_typed_commands_that_send_protobuf(twin):
    twin.kubectl("create", "namespace", "typed")
    twin.kubectl("create", "deployment", "web", "--image=nothing:1", "--replicas=2", "-n", "typed")
    twin.kubectl("create", "configmap", "settings", "--from-literal=a=b", "-n", "typed")
    twin.kubectl("create", "secret", "generic", "keys", "--from-literal=k=v", "-n", "typed")
    twin.kubectl("expose", "deployment", "web", "--port=80", "--target-port=http", "-n", "typed")
    twin.kubectl("autoscale", "deployment", "web", "--min=1", "--max=3", "-n", "typed")
    twin.kubectl("create", "pdb", "web", "--selector=app=web", "--max-unavailable=50%", "-n", "typed")
    deployment = twin.get("deployment", "web", "-n", "typed")
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "nothing:1"
    assert twin.get("configmap", "settings", "-n", "typed")["data"] == {"a": "b"}
    assert twin.get("secret", "keys", "-n", "typed")["data"] == {"k": "dg=="}
    assert twin.get("service", "web", "-n", "typed")["spec"]["ports"][0]["targetPort"] == "http"
    assert twin.get("hpa", "web", "-n", "typed")["spec"]["maxReplicas"] == 3
    assert twin.get("pdb", "web", "-n", "typed")["spec"]["maxUnavailable"] == "50%"
    twin.kubectl("delete", "namespace", "typed", "--timeout=30s")
    assert twin.kubectl("get", "namespace", "typed", check=False).returncode == 1


def test_drain_evicts_and_a_budget_forbids(twin):
    twin.deployment("drained", replicas=1)
    [pod] = twin.until(lambda: twin.ready_pods("app=drained"), "the pod is ready")
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "drained", "namespace": "shop"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "drained"}}},
    }
    twin.apply(budget)
    node = pod["spec"]["nodeName"]
    with pytest.raises(HTTPError) as refused:
        twin.call("POST", f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}/eviction", {})
    assert refused.value.code == 429
    assert json.load(refused.value)["reason"] == "TooManyRequests"
    twin.kubectl("delete", "pdb", "drained")
    twin.kubectl("drain", node, "--timeout=30s")
    [other] = twin.until(lambda: twin.ready_pods("app=drained"), "the replacement is ready")
    assert other["spec"]["nodeName"] != node


def test_cascading_deletion_takes_everything_or_orphans_it(twin):
    for name in ("cascade", "orphan"):
        twin.deployment(name, replicas=1)
        twin.until(lambda name=name: twin.ready_pods(f"app={name}"), "the pod is ready")
    twin.kubectl("delete", "deployment", "cascade", "--cascade=foreground")
    assert twin.pods("app=cascade") == []
    twin.kubectl("delete", "deployment", "orphan", "--cascade=orphan")
    [left] = twin.get("replicasets", "-l", "app=orphan")["items"]
    assert left["metadata"].get("ownerReferences", []) == []
    assert len(twin.ready_pods("app=orphan")) == 1


def test_refusals_name_the_field(twin):
    refused = twin.kubectl("patch", "ns", "shop", "--type=json", "-p", '[{"op":"remove","path":"/no"}]', check=False)
    assert refused.returncode == 1
    twin.deployment("immutable", replicas=0)
    patch = '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'
    refused = twin.kubectl("patch", "deployment", "immutable", "-p", patch, check=False)
    assert refused.returncode == 1
    assert "spec" in refused.stderr
    refused = twin.kubectl("get", "deployment", "nobody", check=False)
    assert '"nobody" not found' in refused.stderr


def test_service_lists_ready_pods_only(twin):
    twin.deployment("served", replicas=2)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "served", "namespace": "shop"},
        "spec": {"selector": {"app": "served"}, "ports": [{"port": 80, "targetPort": "http"}]},
    }
    twin.apply(service)
    pods = twin.until(lambda: len(twin.ready_pods("app=served")) == 2 and twin.ready_pods("app=served"), "two pods")
    everyone = {pod["status"]["podIP"] for pod in pods}

    def addresses():
        subsets = twin.get("endpoints", "served").get("subsets", [])
        return {one["ip"] for subset in subsets for one in subset.get("addresses", [])}

    def sliced():
        [found] = twin.get("endpointslices", "-l", "kubernetes.io/service-name=served")["items"]
        return {one["addresses"][0] for one in found["endpoints"] if one["conditions"]["ready"]}

    twin.until(lambda: addresses() == sliced() == everyone, "both are listed")
    twin.ask(pods[0], "/set?/readyz=503")
    twin.until(lambda: addresses() == sliced() == everyone - {pods[0]["status"]["podIP"]}, "the unready one is out")
    assert twin.get("endpoints", "served")["subsets"][0]["ports"][0]["port"] == twin.layout.ports.http
    twin.kubectl("delete", "service", "served")
    twin.until(lambda: twin.kubectl("get", "endpoints", "served", check=False).returncode == 1, "endpoints are gone")
