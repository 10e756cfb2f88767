"""Some, then all of the primary's pods are killed: the cluster replaces them, and nothing fails over."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.driver import Drill, Driver
from blackstart import experiment, topology
from blackstart.platform import kubernetes
from blackstart.topology import Topology
from tests.drill.conftest import impatient

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def drill(driver: Driver) -> Drill:
    before = driver.configuration()
    ended = driver.drill("pod-loss")
    assert driver.configuration() == before
    return ended


@pytest.fixture
def verdict(drill: Drill) -> dict[str, Any]:
    assert drill.verdict is not None, drill.output
    return drill.verdict


def test_the_pods_are_replaced_and_nothing_is_lost_or_moved(drill: Drill, verdict: dict[str, Any]) -> None:
    assert drill.exit_code == 0, drill.output + drill.reasons
    assert verdict["outcome"] == "met"
    assert verdict["stores"]["orders"]["lost"] == 0
    assert verdict["stores"]["orders"]["survived"] == verdict["stores"]["orders"]["acknowledged"]
    assert [fault["bit"] for fault in verdict["faults"]] == [True, True]
    assert all(fault["undone"] for fault in verdict["faults"])
    assert verdict["restoration"]["state"] == "restored"


def test_each_kill_is_an_incident_and_the_phases_are_those_of_the_worst(verdict: dict[str, Any]) -> None:
    one, every = verdict["recoveries"]
    assert one["rto"]["point_s"] < every["rto"]["point_s"] <= verdict["rto"]["point_s"]
    at = {phase["name"]: phase["at"] for phase in verdict["phases"] if phase["at"]}
    assert at["fault_injected"]["point_s"] == every["at"]["point_s"]
    assert at["fault_injected"]["earliest_s"] < at["detected"]["latest_s"] < at["capacity"]["latest_s"]


def test_the_verdict_contains_the_truth_that_the_lab_knows(driver: Driver, verdict: dict[str, Any]) -> None:
    zero = verdict["clock"]["monotonic_zero_ns"]
    kills = [(it["t"] - zero) / 1e9 for it in driver.status()["truth"] if it["what"] == "pod killed" and it["t"] > zero]
    assert len(kills) == 3
    one, every = (fault["injected_at"] for fault in verdict["faults"])
    assert one["earliest_s"] <= kills[0] <= one["latest_s"]
    # The last of several that are killed one after the other may die while the call returns.
    assert every["earliest_s"] <= kills[1] <= every["latest_s"]


def test_the_accelerator_is_seen_to_fail_open_while_no_target_is_healthy(drill: Drill) -> None:
    journal = json.loads((drill.run_dir / "journal.json").read_text())
    name = "what the accelerator does while no target is healthy"
    (watch,) = [run["output"] for run in journal["run"] if run["activity"]["name"] == name]
    assert watch["unhealthy"] is True
    assert watch["failed_open_to"] in ("eu-west-1", None)  # seen only where pods serve before health is told again
    blind = [look for look in watch["looks"] if set(look["health"].values()) == {"UNHEALTHY"}]
    assert blind
    assert watch["looks"][-1]["accelerator"] == "200 from eu-west-1"


@pytest.mark.usefixtures("unchanged")
def test_more_pods_than_the_selector_matches_kills_none(driver: Driver, tmp_path: Path) -> None:
    content = experiment.load("pod-loss").runnable()
    kill = next(step for step in content["method"] if step["name"] == "kill one pod")
    kill["provider"]["arguments"]["count"] = 99
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(content, sort_keys=False))
    drill = driver.drill(str(own))
    assert drill.exit_code == 3, drill.output
    assert "nothing was killed: 'app=shop' in shop of eu-west-1 matches 2 pods, 99 asked for" in drill.reasons
    assert drill.verdict is not None
    assert drill.verdict["faults"] == []


@pytest.mark.usefixtures("unchanged")
def test_replicas_that_never_come_back_are_never_met_and_are_put_right(driver: Driver, tmp_path: Path) -> None:
    with image_gone(driver):
        drill = driver.drill("pod-loss", impatient(driver, tmp_path))
        assert drill.exit_code == 6, drill.output
        assert drill.verdict is not None
        assert drill.verdict["outcome"] != "met"
        assert "1 of 2 pods ready in eu-west-1" in drill.reasons
        assert "ImagePullBackOff" in drill.reasons or "ErrImagePull" in drill.reasons
    restored = driver.command("restore", str(drill.run_dir))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert json.loads((drill.run_dir / "verdict.json").read_text())["restoration"]["state"] == "restored"


@contextmanager
def image_gone(driver: Driver) -> Iterator[None]:
    """Let new pods of the primary's ReplicaSet find no image, as when a registry has lost it; those that run go on."""
    system = topology.load(Path(driver.status()["urls"]["topology"]))
    apps = kubernetes.apps(system, system.primary)
    pause(system, paused=True)  # else the deployment would make a ReplicaSet of its own image
    (replica_set,) = [it for it in apps.list_namespaced_replica_set("shop").items if it.spec.replicas]
    container = replica_set.spec.template.spec.containers[0]
    name = replica_set.metadata.name
    try:
        apps.patch_namespaced_replica_set(name, "shop", image_patch(container.name, "shop:missing"))
        yield
    finally:
        apps.patch_namespaced_replica_set(name, "shop", image_patch(container.name, container.image))
        for pod in kubernetes.pods(system, system.primary):
            if not kubernetes.is_ready(pod):
                kubernetes.kill(system, system.primary, pod.metadata.name, pod.metadata.uid)
        pause(system, paused=False)


def pause(system: Topology, *, paused: bool) -> None:
    apps = kubernetes.apps(system, system.primary)
    apps.patch_namespaced_deployment("shop", "shop", {"spec": {"paused": paused}})


def image_patch(container: str, image: str) -> dict[str, object]:
    return {"spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}}}
