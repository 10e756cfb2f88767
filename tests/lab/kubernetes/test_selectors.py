"""Label and field selectors."""

import pytest

from blackstart.lab.kubernetes.objects.failure import ApiError
from blackstart.lab.kubernetes.objects.selectors import selection

ITEM = {
    "metadata": {"name": "one", "labels": {"app": "shop", "tier": "web"}},
    "spec": {"unschedulable": True},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("labels", "fields", "matches"),
    [
        ("", "", True),
        ("app=shop", "", True),
        ("app==shop,tier!=db", "", True),
        ("app=other", "", False),
        ("app in (shop, other),tier", "", True),
        ("app notin (shop)", "", False),
        ("missing notin (x)", "", True),
        ("!missing", "", True),
        ("!app", "", False),
        ("missing", "", False),
        ("", "metadata.name=one,status.phase!=Failed", True),
        ("", "metadata.name=two", False),
        ("", "spec.nodeName=", True),
        ("", "spec.unschedulable=true", True),
        ("app=shop", "metadata.name=two", False),
    ],
)
def test_selection(labels, fields, matches):
    assert selection(labels, fields)(ITEM) is matches


@pytest.mark.parametrize(("labels", "fields"), [("a=b=c=(", ""), ("a in b", ""), ("", "status.phase"), ("", "a>b")])
def test_unreadable_selectors_are_refused(labels, fields):
    with pytest.raises(ApiError) as refused:
        selection(labels, fields)
    assert refused.value.code == 400
