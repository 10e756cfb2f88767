"""The store: revisions, events, and what it forgets."""

import pytest

from blackstart.clock import VirtualClock
from blackstart.lab.kubernetes.objects import store as store_module
from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.failure import ApiError
from blackstart.lab.kubernetes.objects.kinds import CONFIG_MAPS, NAMESPACES, SECRETS
from blackstart.lab.kubernetes.objects.store import Store


@pytest.fixture
def changes():
    made = Changes(Store(), VirtualClock())
    made.create(NAMESPACES, "", {"metadata": {"name": "shop"}})
    return made


def config_map(name, **data):
    return {"metadata": {"name": name}, "data": data}


def test_every_change_has_its_own_revision_and_event(changes):
    start = changes.store.revision
    changes.create(CONFIG_MAPS, "shop", config_map("a"))
    changes.create(SECRETS, "shop", {"metadata": {"name": "s"}})
    changes.modify(CONFIG_MAPS, "shop", "a", lambda item: item | {"data": {"x": "1"}})
    changes.delete(CONFIG_MAPS, "shop", "a", {})
    events = changes.store.since(CONFIG_MAPS, start)
    assert [event.change for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert [int(event.item["metadata"]["resourceVersion"]) for event in events] == [start + 1, start + 3, start + 4]


def test_a_change_that_changes_nothing_is_no_event(changes):
    changes.create(CONFIG_MAPS, "shop", config_map("a", x="1"))
    start = changes.store.revision
    changes.modify(CONFIG_MAPS, "shop", "a", lambda item: item | {"data": {"x": "1"}})
    assert changes.store.revision == start


def test_what_was_read_is_not_changed_by_later_changes(changes):
    before = changes.create(CONFIG_MAPS, "shop", config_map("a", x="1"))
    changes.modify(CONFIG_MAPS, "shop", "a", lambda item: item["data"].update(x="2") or item)
    assert before["data"] == {"x": "1"}


def test_old_events_are_forgotten(changes, monkeypatch):
    monkeypatch.setattr(store_module, "WINDOW", 5)
    start = changes.store.revision
    for number in range(8):
        changes.create(CONFIG_MAPS, "shop", config_map(f"n{number}"))
    with pytest.raises(ApiError) as refused:
        changes.store.since(CONFIG_MAPS, start)
    assert refused.value.code == 410
    assert len(changes.store.since(CONFIG_MAPS, changes.store.revision - 5)) == 5


@pytest.mark.parametrize(
    ("space", "body", "code"),
    [
        ("nowhere", config_map("a"), 404),
        ("shop", config_map("Not A Name"), 422),
        ("shop", {"metadata": {}}, 400),
        ("shop", {"kind": "Secret", "metadata": {"name": "a"}}, 400),
        ("shop", {"metadata": {"name": "a", "namespace": "other"}}, 400),
        ("shop", config_map("there"), 409),
    ],
)
def test_refused_creations_change_nothing(changes, space, body, code):
    changes.create(CONFIG_MAPS, "shop", config_map("there"))
    start = changes.store.revision
    with pytest.raises(ApiError) as refused:
        changes.create(CONFIG_MAPS, space, body)
    assert refused.value.code == code
    assert changes.store.revision == start


def test_dry_run_and_preconditions(changes):
    assert changes.create(CONFIG_MAPS, "shop", config_map("dry"), dry_run=True)["metadata"]["uid"]
    assert changes.store.get(CONFIG_MAPS, "shop", "dry") is None
    changes.create(CONFIG_MAPS, "shop", config_map("a"))
    with pytest.raises(ApiError) as refused:
        changes.delete(CONFIG_MAPS, "shop", "a", {"preconditions": {"uid": "other"}})
    assert refused.value.code == 409


def test_finalizers_hold_an_object_until_they_are_gone(changes):
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    changes.create(CONFIG_MAPS, "shop", held)
    changes.delete(CONFIG_MAPS, "shop", "held", {})
    assert changes.read(CONFIG_MAPS, "shop", "held")["metadata"]["deletionTimestamp"]

    def release(item):
        item["metadata"]["finalizers"] = []
        return item

    changes.modify(CONFIG_MAPS, "shop", "held", release)
    assert changes.store.get(CONFIG_MAPS, "shop", "held") is None
