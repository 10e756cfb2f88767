"""The three kinds of patches, on plain values."""

import pytest

from blackstart.lab.kubernetes.objects.failure import ApiError
from blackstart.lab.kubernetes.objects.patches import json_patch, merge
from blackstart.lab.kubernetes.objects.strategic import strategic_merge


def test_merge_patch_removes_by_null_and_replaces_lists():
    current = {"a": {"b": 1, "c": 2}, "list": [1, 2]}
    assert merge(current, {"a": {"b": None, "d": {"e": None}}, "list": [3]}) == {"a": {"c": 2, "d": {}}, "list": [3]}
    assert current == {"a": {"b": 1, "c": 2}, "list": [1, 2]}


def test_json_patch_operations():
    current = {"a": {"b/c": 1}, "list": [1, 2]}
    operations = [
        {"op": "test", "path": "/a/b~1c", "value": 1},
        {"op": "replace", "path": "/a/b~1c", "value": 2},
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "add", "path": "/list/-", "value": 3},
        {"op": "remove", "path": "/list/1"},
        {"op": "copy", "from": "/list", "path": "/copied"},
        {"op": "move", "from": "/a", "path": "/moved"},
    ]
    assert json_patch(current, operations) == {"list": [0, 2, 3], "copied": [0, 2, 3], "moved": {"b/c": 2}}
    assert current == {"a": {"b/c": 1}, "list": [1, 2]}
    assert json_patch(current, [{"op": "replace", "path": "", "value": {"x": 1}}]) == {"x": 1}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none/below", "value": 1},
        {"op": "dance", "path": "/a"},
        {"path": "/a"},
    ],
)
def test_json_patch_that_does_not_fit_is_refused(operation):
    with pytest.raises(ApiError) as refused:
        json_patch({"a": 1}, [operation])
    assert refused.value.code == 422


def test_json_patch_must_be_a_list():
    with pytest.raises(ApiError) as refused:
        json_patch({}, {"op": "add"})
    assert refused.value.code == 400


CONTAINERS = {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ({"containers": [{"name": "b", "image": "2"}]}, [CONTAINERS["containers"][0], {"name": "b", "image": "2"}]),
        ({"containers": [{"name": "b", "$patch": "delete"}]}, [CONTAINERS["containers"][0]]),
        ({"containers": [{"$patch": "replace"}, {"name": "c"}]}, [{"name": "c"}]),
        (
            {"containers": [{"name": "a", "env": [{"name": "X", "value": None, "valueFrom": {"f": 1}}]}]},
            [{"name": "a", "image": "1", "env": [{"name": "X", "valueFrom": {"f": 1}}]}, {"name": "b"}],
        ),
        (
            {
                "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
                "containers": [{"name": "c"}],
            },
            [{"name": "c"}, {"name": "b"}, CONTAINERS["containers"][0]],
        ),
    ],
)
def test_strategic_merge_of_named_lists(patch, result):
    assert strategic_merge(CONTAINERS, patch) == {"containers": result}


def test_strategic_merge_directives():
    current = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}, "args": ["a"]}
    retained = strategic_merge(current, {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}, "args": ["b"]})
    assert retained == {"strategy": {"type": "Recreate"}, "args": ["b"]}
    assert strategic_merge(current, {"strategy": {"$patch": "replace", "type": "x"}})["strategy"] == {"type": "x"}
    assert "strategy" not in strategic_merge(current, {"strategy": {"$patch": "delete"}})
    finalizers = {"finalizers": ["a", "b"]}
    assert strategic_merge(finalizers, {"finalizers": ["c"]}) == {"finalizers": ["a", "b", "c"]}
    assert strategic_merge(finalizers, {"$deleteFromPrimitiveList/finalizers": ["a"]}) == {"finalizers": ["b"]}
    ports = {"ports": [{"containerPort": 80, "name": "x"}]}
    assert strategic_merge(ports, {"ports": [{"containerPort": 80, "name": "y"}]})["ports"][0]["name"] == "y"
