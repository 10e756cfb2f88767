"""Which actions a log may call."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from blackstart import action_packages


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretend that a package which offers its actions is installed."""
    point = EntryPoint("acme", "acme_drills.actions", action_packages.GROUP)
    monkeypatch.setattr(
        action_packages, "entry_points", lambda group: [point] if group == action_packages.GROUP else []
    )
    action_packages.packages.cache_clear()
    yield
    action_packages.packages.cache_clear()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("module", "offered"),
    [
        ("blackstart.actions.database", True),
        ("acme_drills.actions", True),
        ("acme_drills.actions.queue", True),
        ("acme_drills.actions_of_others", False),
        ("os", False),
        ("blackstart.drill", False),
    ],
)
def test_only_packages_that_offer_their_actions_are_called(module: str, offered: bool) -> None:
    assert action_packages.offers(module) is offered
