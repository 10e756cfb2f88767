from pathlib import Path

from blackstart import experiment, topology
from blackstart.drill import instruments
from tests.topology_data import topology_data

SYSTEM = topology.parse(topology_data(), "t")
LOADED = experiment.load("region-loss")


def test_the_observers_plan_follows_the_topology() -> None:
    plan = instruments.plan(LOADED, SYSTEM, Path("/runs/one"), "one-1a2b")
    assert {canary.name: canary.url for canary in plan.canaries} == {
        "accelerator": "http://127.0.0.1:2/catalogue",
        "alb-primary": "http://127.0.0.1:1/catalogue",
        "alb-standby": "http://127.0.0.1:1/catalogue",
    }
    (ledger,) = plan.ledgers
    assert ledger.request.url == "http://127.0.0.1:2/orders"
    assert ledger.run == "one-1a2b"
    assert plan.served_by == ("eu-west-1", "eu-central-1")


def test_what_the_objectives_rest_on_is_listed() -> None:
    rests_on = {item["name"] for item in instruments.listed(LOADED) if item["rests_on"]}
    assert rests_on == {"accelerator", "orders"}


def test_the_declared_load_is_what_the_instruments_make() -> None:
    assert instruments.load(LOADED) == {"writes_per_s": 50.0, "reads_per_s": 40.0}
