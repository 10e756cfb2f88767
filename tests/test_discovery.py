"""What Chaos Toolkit finds in blackstart: every action and probe, and what each of its arguments means."""

import inspect

from blackstart import ACTIVITIES, discover

FILLED_IN_BY_CHAOS_TOOLKIT = {"configuration", "secrets"}


def test_every_argument_of_every_activity_is_documented() -> None:
    found = discover()["activities"]
    assert {activity["mod"] for activity in found} == {
        f"blackstart.{room}.{module}" for room, modules in ACTIVITIES.items() for module in modules
    }
    for activity in found:
        given = {argument["name"] for argument in activity.get("arguments", [])} - FILLED_IN_BY_CHAOS_TOOLKIT
        text = inspect.cleandoc(activity["doc"])
        assert text.splitlines()[0].endswith("."), activity["name"]
        missing = {name for name in given if f":param {name}: " not in text}
        assert not missing, f"{activity['name']} does not say what {missing} means"
