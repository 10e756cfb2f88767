"""The fixtures: ``drill`` runs what the test's marker names, ``topology`` and ``lab`` are what it is run on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from blackstart.outcome import BlackstartError
from blackstart.pytest_plugin import gameday, marker

if TYPE_CHECKING:
    from blackstart.lab.door import LabHandle
    from blackstart.pytest_plugin.drilling import Drill
    from blackstart.topology import Topology

UNASKED = "the drill ran, but the test never asked how it ended: end it with `.met()`"
NOT_RUN = "the test is marked as a drill and ran none: call `drill.run()`"


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> "Drill":
    """Give the drill of this test's marker: ``drill.run().met()``."""
    item = request.node
    marked = marker.of(item)
    if marked is None:
        pytest.fail(f'{item.nodeid} has no marker: add @pytest.mark.drill("region-loss", rto="60s")', pytrace=False)
    day = gameday.of(request.config)
    if day.options.dry_run:
        _plan(item, marked, day)
        pytest.skip("dry run")
    from blackstart.pytest_plugin.drilling import Drill  # noqa: PLC0415 - heavy; only drills need it

    wanted = Drill(marked, day, item)
    item.stash[KEY] = wanted
    return wanted


@pytest.fixture(scope="session")
def topology(request: pytest.FixtureRequest) -> "Topology":
    """Give the system under drill: that of ``--topology``, else the lab."""
    from blackstart import topology as topology_file  # noqa: PLC0415 - heavy; only drills need it

    day = gameday.of(request.config)
    if day.options.topology is None:
        request.getfixturevalue("lab")
    return topology_file.load(day.topology)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> "LabHandle":
    """Give the two-region lab: started if none is up; what was started here is stopped at the session's end."""
    day = gameday.of(request.config)
    if day.options.topology is not None:
        pytest.skip("--topology names the system under drill: this session has no lab")
    if day.options.dry_run:
        pytest.skip("dry run")
    try:
        return day.lab
    except BlackstartError as error:
        pytest.fail(str(error), pytrace=False)


KEY = pytest.StashKey["Drill"]()


def _plan(item: pytest.Item, marked: marker.Marked, day: gameday.GameDay) -> None:
    from blackstart.pytest_plugin import planning  # noqa: PLC0415 - heavy; only drills need it

    try:
        item.add_report_section("setup", gameday.PLAN, "\n".join(planning.lines(marked, day)))
    except BlackstartError as error:
        pytest.fail(f"{marked.experiment}: {error}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that passed without having asked anything: silence is no success."""
    yield
    ran = item.stash.get(KEY, None)
    if ran is None:
        return
    if ran.result is None:
        pytest.fail(NOT_RUN, pytrace=False)
    if not ran.result.asked:
        pytest.fail(UNASKED, pytrace=False)
