"""What is looked at before any test runs: every drill's marker, and that drills take turns under pytest-xdist."""

import pytest

from blackstart.outcome import UsageError
from blackstart.pytest_plugin import gameday, marker

GROUP = "blackstart"
"""With ``--dist loadgroup`` one worker runs all drills; with any other distribution they wait for each other."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Group the drills for pytest-xdist, unless they are grouped already."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        if item.get_closest_marker(marker.NAME) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(GROUP))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse the whole session for one drill that cannot be meant: nothing has been started yet."""
    drills = [item for item in session.items if item.get_closest_marker(marker.NAME)]
    gameday.of(session.config).has_drills = bool(drills)
    if not drills:
        return
    try:
        _check(session, drills)
    except UsageError as error:
        _refuse(session, str(error))


def _check(session: pytest.Session, drills: list[pytest.Item]) -> None:
    from blackstart import experiment  # noqa: PLC0415 - heavy; only drills need it

    gameday.of(session.config).options  # noqa: B018 - reading them checks them
    for item in drills:
        marked = marker.of(item)
        assert marked is not None
        if "drill" not in getattr(item, "fixturenames", ()):
            raise UsageError(f"{item.nodeid}: marked as a drill, but it takes no `drill`: add it to its arguments")
        try:
            experiment.load(marked.experiment).with_objectives(marked.objectives)
        except UsageError as error:
            raise UsageError(f"{item.nodeid}: @pytest.mark.drill: {error}") from error


def _refuse(session: pytest.Session, reason: str) -> None:
    if not gameday.is_worker(session.config):
        raise pytest.UsageError(reason)
    # A worker cannot end the session: every drill in it is refused for this reason instead.
    gameday.of(session.config).refusal = reason
