"""The pytest plugin: drills as tests, in a team's own repository, reported by JUnit XML and Allure.

    @pytest.mark.drill("region-loss", rto="60s", rpo="2s")
    def test_the_standby_takes_over_when_the_primary_region_is_lost(drill):
        drill.run().met()

It is found by its entry point, whose name is this module's: a ``conftest.py`` may load it too. Where no test is marked
as a drill it does nothing. ``docs/pytest.md`` is its manual.
"""

from typing import Any

import pytest

from blackstart.pytest_plugin import gameday, marker
from blackstart.pytest_plugin.collecting import pytest_collection_finish, pytest_collection_modifyitems
from blackstart.pytest_plugin.conclusion import pytest_sessionfinish, pytest_terminal_summary, pytest_unconfigure
from blackstart.pytest_plugin.fixtures import drill, lab, pytest_runtest_call, topology
from blackstart.pytest_plugin.gameday import GameDay
from blackstart.pytest_plugin.interruption import (
    pytest_runtest_protocol,
    pytest_runtestloop,
    pytest_timeout_set_timer,
)
from blackstart.pytest_plugin.options import pytest_addoption
from blackstart.pytest_plugin.shared import Shared

__all__ = [
    "drill",
    "lab",
    "pytest_addoption",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_runtest_call",
    "pytest_runtest_protocol",
    "pytest_runtestloop",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_timeout_set_timer",
    "pytest_unconfigure",
    "topology",
]


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marker means, and begin."""
    config.addinivalue_line("markers", marker.HELP)
    given = getattr(config, "workerinput", {}).get(gameday.WORKER_KEY)
    config.stash[gameday.KEY] = GameDay(config, Shared(given))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the session's processes meet."""
    node.workerinput[gameday.WORKER_KEY] = str(gameday.of(node.config).shared.folder)
