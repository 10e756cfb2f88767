from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.driver import Driver
from blackstart import experiment


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """One lab for all drills of the session: each must leave it as it was."""
    driver = Driver(tmp_path_factory.mktemp("drills"))
    with driver.lab_up():
        yield driver


@pytest.fixture
def unchanged(driver: Driver) -> Iterator[None]:
    """The lab's configuration is the same before and after the test."""
    before = driver.configuration()
    yield
    assert driver.configuration() == before


@cache
def topology_of(driver: Driver) -> Path:
    """Return the path of the lab's topology, asked for once."""
    return Path(driver.status()["urls"]["topology"])


def changed_topology(driver: Driver, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Write the lab's topology with a change, and return the path."""
    data = yaml.safe_load(topology_of(driver).read_text())
    change(data)
    path = folder / "topology.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def impatient(driver: Driver, folder: Path) -> Path:
    """Return the lab's topology with little patience: for drills in which a step is meant to fail."""
    return changed_topology(driver, folder, lambda data: data.update(patience_s=8))


def experiment_without(activity: str, folder: Path, name: str = "region-loss") -> str:
    """Write an experiment without one step of its method, and return the path."""
    content = experiment.load(name).runnable()
    content["method"] = [step for step in content["method"] if step["name"] != activity]
    declared = content["extensions"][0]
    declared["runbook"] = [step for step in declared.get("runbook", []) if step != activity]
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return str(path)
