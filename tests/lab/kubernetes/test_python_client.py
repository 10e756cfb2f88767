"""The Python client drives the twin unchanged, with one explicit ApiClient a region."""

import threading

import pytest
from kubernetes import client, watch


@pytest.fixture
def api(twin):
    configuration = client.Configuration(host=twin.url, api_key={"authorization": "Bearer test-admin-token"})
    configuration.ssl_ca_cert = str(twin.ca)
    with client.ApiClient(configuration) as made:
        yield made


def test_version_and_lists_are_typed(api, twin):
    assert client.VersionApi(api).get_code().minor == "37"
    twin.deployment("typed", replicas=1)
    twin.until(lambda: twin.ready_pods("app=typed"), "the pod is ready")
    pods = client.CoreV1Api(api).list_namespaced_pod("shop", label_selector="app in (typed, other)")
    assert [pod.status.phase for pod in pods.items] == ["Running"]
    assert pods.items[0].status.container_statuses[0].state.running.started_at.tzinfo is not None
    named = client.AppsV1Api(api).list_namespaced_deployment("shop", field_selector="metadata.name=typed")
    assert [one.status.available_replicas for one in named.items] == [1]
    assert client.CoreV1Api(api).list_namespaced_pod("shop", field_selector="status.phase=Failed").items == []


def test_patching_the_scale(api, twin):
    twin.deployment("patched-scale", replicas=0)
    apps = client.AppsV1Api(api)
    scale = apps.patch_namespaced_deployment_scale("patched-scale", "shop", {"spec": {"replicas": 2}})
    assert (scale.kind, scale.spec.replicas) == ("Scale", 2)
    twin.until(lambda: len(twin.ready_pods("app=patched-scale")) == 2, "two pods are ready")
    read = apps.read_namespaced_deployment_scale("patched-scale", "shop")
    assert (read.status.replicas, read.status.selector) == (2, "app=patched-scale")
    read.spec.replicas = 1
    apps.replace_namespaced_deployment_scale("patched-scale", "shop", read)
    twin.until(lambda: len(twin.pods("app=patched-scale")) == 1, "one pod is left")


def test_updating_from_an_old_revision_conflicts(api):
    core = client.CoreV1Api(api)
    core.create_namespaced_config_map("shop", {"metadata": {"name": "raced"}, "data": {"a": "1"}})
    mine = core.read_namespaced_config_map("raced", "shop")
    core.patch_namespaced_config_map("raced", "shop", {"data": {"a": "2"}})
    mine.data = {"a": "3"}
    with pytest.raises(client.ApiException) as refused:
        core.replace_namespaced_config_map("raced", "shop", mine)
    assert refused.value.status == 409
    assert core.read_namespaced_config_map("raced", "shop").data == {"a": "2"}


def test_watch_sees_additions_and_removals_by_label_flips(api):
    core = client.CoreV1Api(api)
    start = core.list_namespaced_config_map("shop", label_selector="flip=on").metadata.resource_version
    seen = []

    def collect():
        stream = watch.Watch().stream(
            core.list_namespaced_config_map,
            "shop",
            label_selector="flip=on",
            resource_version=start,
            timeout_seconds=20,
        )
        for event in stream:
            seen.append((event["type"], event["object"].metadata.name))
            if len(seen) == 4:
                return

    watcher = threading.Thread(target=collect)
    watcher.start()
    core.create_namespaced_config_map("shop", {"metadata": {"name": "flip", "labels": {"flip": "off"}}})
    core.patch_namespaced_config_map("flip", "shop", {"metadata": {"labels": {"flip": "on"}}})
    core.patch_namespaced_config_map("flip", "shop", {"data": {"a": "1"}})
    core.patch_namespaced_config_map("flip", "shop", {"metadata": {"labels": {"flip": "off"}}})
    core.patch_namespaced_config_map("flip", "shop", {"metadata": {"labels": {"flip": "on"}}})
    watcher.join(30)
    assert [change for change, _ in seen] == ["ADDED", "MODIFIED", "DELETED", "ADDED"]


def test_initial_events_end_with_a_bookmark(api):
    core = client.CoreV1Api(api)
    stream = watch.Watch().stream(
        core.list_namespace,
        allow_watch_bookmarks=True,
        send_initial_events=True,
        resource_version_match="NotOlderThan",
        timeout_seconds=3,
    )
    events = []
    for event in stream:
        events.append(event)
        if event["type"] == "BOOKMARK":
            break
    assert {"default", "shop"} <= {event["object"].metadata.name for event in events[:-1]}
    assert events[-1]["raw_object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_watch_ends_after_its_timeout(api):
    stream = watch.Watch()
    for _ in stream.stream(client.CoreV1Api(api).list_namespace, timeout_seconds=1):
        stream.stop()


def test_autoscaler_leaves_zero_alone_and_lifts_to_its_minimum(api, twin):
    twin.deployment("lifted", replicas=0)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "lifted"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3}
    client.AutoscalingV2Api(api).create_namespaced_horizontal_pod_autoscaler(
        "shop", {"metadata": {"name": "lifted"}, "spec": spec}
    )
    apps = client.AppsV1Api(api)
    assert apps.read_namespaced_deployment("lifted", "shop").spec.replicas == 0
    apps.patch_namespaced_deployment_scale("lifted", "shop", {"spec": {"replicas": 1}})
    twin.until(lambda: apps.read_namespaced_deployment("lifted", "shop").spec.replicas == 2, "the minimum is met")


def test_eviction(api, twin):
    twin.deployment("evicted", replicas=1)
    [pod] = twin.until(lambda: twin.ready_pods("app=evicted"), "the pod is ready")
    name = pod["metadata"]["name"]
    body = client.V1Eviction(metadata=client.V1ObjectMeta(name=name, namespace="shop"))
    client.CoreV1Api(api).create_namespaced_pod_eviction(name, "shop", body)
    twin.until(lambda: name not in [one["metadata"]["name"] for one in twin.pods("app=evicted")], "it is gone")
