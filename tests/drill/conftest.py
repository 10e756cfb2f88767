from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.driver import Driver


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


def experiment_without(activity: str, folder: Path) -> str:
    """Write region-loss without one step of its method, and return the path."""
    import yaml

    from blackstart import experiment

    content = experiment.load("region-loss").runnable()
    content["method"] = [step for step in content["method"] if step["name"] != activity]
    declared = content["extensions"][0]
    declared["runbook"] = [step for step in declared["runbook"] if step != activity]
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return str(path)
