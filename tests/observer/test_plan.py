import json

import pytest

from blackstart.observer.plan import Adaptive, CanaryPlan, LedgerPlan, Plan, RequestPlan
from blackstart.outcome import UsageError

PLAN = {
    "out": "/somewhere",
    "served_by": ["eu-west-1", "eu-central-1"],
    "served_by_header": "X-Region",
    "canaries": [
        {
            "name": "accelerator",
            "kind": "http",
            "url": "http://127.0.0.10:8080/catalogue",
            "host": None,
            "interval_ms": 100,
            "slo_s": 1,
            "timeout_s": 2,
            "expect_status": [200],
            "expect_body": None,
        }
    ],
    "ledgers": [
        {
            "name": "orders",
            "run": "r1",
            "writers": 2,
            "rate_per_s": 50,
            "timeout_s": 2,
            "slo_s": 1,
            "request": {"method": "POST", "url": "http://127.0.0.10:8080/orders", "headers": {"A": "b"}, "body": "{}"},
        }
    ],
    "duration_s": None,
    "linger_s": 15,
}


def test_json_and_back():
    plan = Plan.from_json(PLAN)
    assert plan.canaries[0].interval_ms == 100
    assert plan.ledgers[0].request.acknowledged == (200, 201)
    assert Plan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


def changed(path, value):
    plan = json.loads(json.dumps(PLAN))
    *way, last = path
    at = plan
    for step in way:
        at = at[step]
    at[last] = value
    return plan


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["canaries", 0, "name"], "../etc", "'name'"),
        (["canaries", 0, "url"], "ftp://x", "'url'"),
        (["canaries", 0, "url"], "http://x:port/", "no http"),
        (["canaries", 0, "interval_ms"], 0, "'interval_ms'"),
        (["canaries", 0, "interval_ms"], 1.5, "'interval_ms'"),
        (["canaries", 0, "slo_s"], 3, "'slo_s' must not exceed timeout_s"),
        (["canaries", 0, "timeout_s"], -1, "'timeout_s'"),
        (["canaries", 0, "expect_status"], [], "'expect_status'"),
        (["canaries", 0, "kind"], "tcp", "'kind' must be one of http"),
        (["canaries", 0, "intervall_ms"], 5, "no field 'intervall_ms'"),
        (["canaries"], {}, "'canaries' must be a list"),
        (["canaries"], [3], "must be an object"),
        (["ledgers", 0, "rate_per_s"], "many", "'rate_per_s'"),
        (["ledgers", 0, "rate_per_s"], float("nan"), "'rate_per_s'"),
        (["ledgers", 0, "writers"], 2000, "'writers'"),
        (["ledgers", 0, "request", "headers"], {"A": 1}, "'headers'"),
        (["ledgers", 0, "request", "method"], "GET", "'method'"),
        (["served_by"], None, "'served_by'"),
        (["linger_s"], -1, "'linger_s'"),
    ],
)
def test_a_wrong_field_is_named(path, value, message):
    with pytest.raises(UsageError, match=message):
        Plan.from_json(changed(path, value))


def test_nothing_to_observe_and_two_of_a_name():
    canary = CanaryPlan("a", "http://127.0.0.1/")
    with pytest.raises(UsageError, match="nothing to observe"):
        Plan(("a",)).check()
    with pytest.raises(UsageError, match="are named 'a'"):
        Plan(("a",), (canary, canary)).check()


def test_secrets_are_not_kept_with_the_evidence():
    request = RequestPlan(
        "http://127.0.0.1/", headers={"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "A": "b"}
    )
    recorded = Plan(("a",), (), (LedgerPlan("orders", "r", request),)).recorded()
    assert "s3cret" not in json.dumps(recorded)
    assert recorded["ledgers"][0]["request"]["headers"]["A"] == "b"


def test_the_kind_follows_the_url_and_the_record_tells_it_without_the_password():
    urls = ["https://a/", "tcp://a:1", "dns://127.0.0.1/a.test", "postgresql://me@a/db"]
    plan = Plan((), tuple(CanaryPlan(f"c{n}", url, password="s3cret") for n, url in enumerate(urls)))
    recorded = plan.recorded()
    assert [canary["kind"] for canary in recorded["canaries"]] == ["http", "tcp", "dns", "sql"]
    assert "s3cret" not in json.dumps(recorded)
    assert "s3cret" not in repr(plan)
    assert Plan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.parametrize(
    ("value", "message"),
    [({"interval_ms": 0}, "'interval_ms'"), ({"most": 5}, "no field 'most'"), ([5], "'adaptive' must be an object")],
)
def test_how_close_to_look_is_checked(value, message):
    with pytest.raises(UsageError, match=message):
        Plan.from_json(PLAN | {"adaptive": value})


def test_closer_looks_are_off_unless_asked_for():
    assert Plan.from_json(PLAN).adaptive is None
    assert Plan.from_json(PLAN | {"adaptive": {"most_per_s": 50}}).adaptive == Adaptive(3, 50)
