"""What is left after a kill, and what comes back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error

import psutil
import pytest
from kubernetes import client, watch

from blackstart.lab.kubernetes.objects.kinds import BY_KEY
from blackstart.lab.kubernetes.objects.persistence import StateFile
from blackstart.lab.kubernetes.objects.store import Store

CONFIG_MAPS = next(kind for kind in BY_KEY.values() if kind.plural == "configmaps")


def pod_processes(twin):
    return psutil.Process(twin.process.pid).children(recursive=True)


def test_sigkill_of_the_twin_leaves_no_pod(own_twin):
    twin = own_twin(replicas=2).start()
    twin.until(lambda: len(twin.ready_pods()) == 2, "two pods are ready")
    children = pod_processes(twin)
    assert len(children) == 2
    twin.kill()
    _, left = psutil.wait_procs(children, timeout=10)
    assert left == []


def test_sigkill_of_the_group_and_restart_brings_everything_back(own_twin):
    twin = own_twin(replicas=2).start()
    twin.until(lambda: len(twin.ready_pods()) == 2, "two pods are ready")
    before = {pod["metadata"]["name"] for pod in twin.pods()}
    twin.kubectl("scale", "deployment", "shop", "--replicas=1")
    twin.kubectl("create", "configmap", "kept", "--from-literal=a=b")
    spec = twin.get("deployment", "shop")["spec"]
    revision = int(twin.call("GET", "/api/v1/pods")["metadata"]["resourceVersion"])
    children = pod_processes(twin)
    os.killpg(twin.process.pid, signal.SIGKILL)
    twin.process.wait()
    twin.process.stdout.close()
    psutil.wait_procs(children, timeout=10)
    twin.start()
    assert twin.get("deployment", "shop")["spec"] == spec
    assert twin.get("configmap", "kept")["data"] == {"a": "b"}
    [pod] = twin.until(twin.ready_pods, "the pod is made anew")
    assert pod["metadata"]["name"] not in before
    assert int(pod["metadata"]["resourceVersion"]) > revision
    # What happened in the life before is forgotten, and a watch that starts there is told so.
    configuration = client.Configuration(host=twin.url, api_key={"authorization": "Bearer test-admin-token"})
    configuration.ssl_ca_cert = str(twin.ca)
    with client.ApiClient(configuration) as api, pytest.raises(client.ApiException) as refused:
        pods = client.CoreV1Api(api).list_namespaced_pod
        list(watch.Watch().stream(pods, "shop", resource_version=str(revision), timeout_seconds=5))
    assert refused.value.status == 410


def test_nothing_of_the_life_before_is_reported_as_ready(own_twin):
    twin = own_twin(replicas=1).start()
    path = "/apis/apps/v1/namespaces/shop/deployments/shop"
    twin.until(lambda: twin.call("GET", path)["status"].get("readyReplicas") == 1, "the pod is ready")
    twin.until(lambda: '"readyReplicas": 1' in (twin.folder / "state" / "objects.json").read_text(), "it is written")
    twin.kill()
    twin.config.write_text(json.dumps(json.loads(twin.config.read_text()) | {"pod_start_s": 600}))
    twin.start()
    assert "readyReplicas" not in twin.call("GET", path)["status"]


def test_what_was_answered_survives_a_kill_at_once(own_twin):
    twin = own_twin().start()
    maps = "/api/v1/namespaces/shop/configmaps"
    scale = "/apis/apps/v1/namespaces/shop/deployments/shop/scale"
    for number in range(5):
        twin.call("POST", maps, {"metadata": {"name": f"kept-{number}"}})
        twin.call("PUT", scale, twin.call("GET", scale) | {"spec": {"replicas": number}})
        twin.kill()
        twin.start()
        kept = {item["metadata"]["name"] for item in twin.call("GET", maps)["items"]}
        assert {f"kept-{each}" for each in range(number + 1)} <= kept
        assert twin.call("GET", scale)["spec"].get("replicas", 0) == number


def test_changes_at_the_same_time_are_written_together(tmp_path, monkeypatch):
    store, writes = Store(), []
    state = StateFile(tmp_path, store)
    state.keep()
    write = StateFile.write
    monkeypatch.setattr(StateFile, "write", lambda self: writes.append(store.revision) or write(self))

    async def change(number):
        store.put(CONFIG_MAPS, {"metadata": {"name": f"kept-{number}", "namespace": "shop"}})
        await state.kept()
        assert f'"kept-{number}"' in (tmp_path / "objects.json").read_text()

    async def scenario():
        await asyncio.gather(*(change(number) for number in range(50)))
        await state.kept()

    asyncio.run(scenario())
    assert len(writes) == 1


def test_a_change_that_cannot_be_written_is_not_answered_as_done(own_twin):
    twin = own_twin().start()
    (twin.folder / "state" / "objects.partial").mkdir()
    with pytest.raises(urllib.error.HTTPError, match="500") as caught:
        twin.call("POST", "/api/v1/namespaces/shop/configmaps", {"metadata": {"name": "lost"}})
    with caught.value as error:
        assert "cannot be written" in json.load(error)["message"]
    (twin.folder / "state" / "objects.partial").rmdir()


def test_sigterm_ends_pods_and_twin(own_twin):
    twin = own_twin(replicas=1).start()
    twin.until(twin.ready_pods, "the pod is ready")
    children = pod_processes(twin)
    twin.process.terminate()
    assert twin.process.wait(20) == 0
    twin.process.stdout.close()
    assert psutil.wait_procs(children, timeout=10)[1] == []


@pytest.mark.parametrize("trouble", ["no file", "port taken", "bad manifest", "damaged state"])
def test_what_cannot_start_says_why_in_one_line(own_twin, trouble):
    twin = own_twin()
    if trouble == "no file":
        twin.config.unlink()
    if trouble == "bad manifest":
        (twin.folder / "manifests" / "a.yaml").write_text("apiVersion: v1\nkind: Unknown\nmetadata: {name: a}\n")
    if trouble == "damaged state":
        (twin.folder / "state").mkdir()
        (twin.folder / "state" / "objects.json").write_text("{")
    if trouble == "port taken":
        other = own_twin().start()
        listen = json.loads(other.config.read_text())["listen"]
        twin.config.write_text(json.dumps(json.loads(twin.config.read_text()) | {"listen": listen}))
    command = [sys.executable, "-m", "blackstart.lab.kubernetes", str(twin.config)]
    environment = os.environ | {"PYTHONPATH": str(twin.source)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == (6 if trouble == "damaged state" else 2)
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
