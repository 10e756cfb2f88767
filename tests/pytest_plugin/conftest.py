from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.driver import Driver
from tests.pytest_plugin.repository import Repository


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """One lab for all sessions of these tests: each must leave it as it was."""
    driver = Driver(tmp_path_factory.mktemp("plugin"))
    with driver.lab_up():
        yield driver


@pytest.fixture
def with_lab(driver: Driver, tmp_path: Path) -> Iterator[Repository]:
    """A repository whose lab is up, and is the same after the test."""
    before = driver.configuration()
    yield Repository(tmp_path, driver.folder / "home")
    assert driver.configuration() == before


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository on a machine where no lab is up."""
    return Repository(tmp_path, tmp_path / "home")
