"""A standby that cannot take over: never met, and the cause is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.driver import Driver
from blackstart import topology
from blackstart.lab import door
from blackstart.platform import kubernetes
from tests.drill.conftest import experiment_without, impatient

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


@pytest.mark.proof
def test_records_that_are_never_pointed(driver: Driver, tmp_path: Path) -> None:
    drill = driver.drill(
        experiment_without("point the private records at the standby", tmp_path), impatient(driver, tmp_path)
    )
    assert drill.exit_code in (1, 3), drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] in ("missed", "inconclusive")
    assert "orders was not well" in drill.reasons or "orders were never accepted again" in drill.reasons


@pytest.mark.proof
def test_an_image_that_is_missing_in_the_standby(driver: Driver, tmp_path: Path) -> None:
    with standby_image(driver, "shop:missing"):
        drill = driver.drill(topology=impatient(driver, tmp_path))
    assert drill.verdict is not None
    assert drill.verdict["outcome"] in ("missed", "inconclusive")
    assert drill.exit_code != 0
    assert "scale the standby up" in drill.reasons
    assert "ImagePullBackOff" in drill.reasons or "ErrImagePull" in drill.reasons


def test_replication_that_has_stopped(driver: Driver) -> None:
    with replication(driver, "black-hole"):
        drill = driver.drill()
    assert drill.exit_code == 3, drill.output
    assert drill.verdict is not None
    assert drill.verdict["outcome"] == "inconclusive"
    assert "replication" in drill.reasons
    assert drill.verdict["faults"] == []


@contextmanager
def standby_image(driver: Driver, image: str) -> Iterator[None]:
    """Let the standby's deployment name another image, as a bad release would."""
    system = topology.load(Path(driver.status()["urls"]["topology"]))
    apps = kubernetes.apps(system, system.standby)
    before = apps.read_namespaced_deployment("shop", "shop").spec.template.spec.containers[0]
    try:
        apps.patch_namespaced_deployment("shop", "shop", image_patch(before.name, image))
        yield
    finally:
        apps.patch_namespaced_deployment("shop", "shop", image_patch(before.name, before.image))


def image_patch(container: str, image: str) -> dict[str, object]:
    return {"spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}}}


@contextmanager
def replication(driver: Driver, state: str) -> Iterator[None]:
    """Cut the replication's link between the regions."""
    lab = door.running(driver.lab, driver.folder / "home")
    assert lab is not None
    lab.ask("PUT", "/links", {"replication": {"state": state}})
    try:
        yield
    finally:
        lab.ask("PUT", "/links", {"replication": {"state": "open"}})
