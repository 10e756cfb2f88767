from dataclasses import replace
from pathlib import Path

import pytest

from blackstart import experiment, topology
from blackstart.drill import instruments, places
from blackstart.observer.plan import Adaptive, CanaryPlan
from blackstart.outcome import UsageError
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


class Known:
    """Databases whose endpoints and users are given."""

    def endpoint(self, region: str, access: str) -> str:
        return f"{access}.{region}.test"

    def login(self, region: str) -> tuple[str, str]:
        return "the/user", "s3cret"


def canaries_at(*places: str, **fields: object) -> list[CanaryPlan]:
    declared = LOADED.declaration.model_copy(
        update={
            "instruments": experiment.Instruments(
                canaries=tuple(
                    experiment.Canary.model_validate({"name": f"c{n}", "at": place, **fields})
                    for n, place in enumerate(places)
                ),
                adaptive=experiment.Adaptive(most_per_s=50),
            )
        }
    )
    loaded = experiment.Experiment(LOADED.name, LOADED.content, declared)
    plan = instruments.plan(loaded, SYSTEM, Path("/runs/one"), "one-1a2b", Known())
    assert plan.adaptive == Adaptive(most_per_s=50)
    assert [item["kind"] for item in instruments.listed(loaded)] == [canary.kind for canary in plan.canaries]
    return list(plan.canaries)


def test_every_place_of_the_system_can_be_watched() -> None:
    places = ("tcp:accelerator", "tcp:alb:standby", "tcp:database:primary", "record:writer", "database:standby")
    urls = [canary.url for canary in canaries_at(*places)]
    assert urls[:3] == ["tcp://127.0.0.1:2", "tcp://127.0.0.1:1", "tcp://write.eu-west-1.test:5432"]
    assert urls[3].startswith("dns://")
    assert urls[3].endswith("/writer.shop.internal")
    assert urls[4] == "postgresql://the%2Fuser@write.eu-central-1.test:5432/shop"


def test_a_canary_that_only_reads_stands_at_the_readers_endpoint() -> None:
    (canary,) = canaries_at("database:primary", access="read")
    assert canary.url.partition("@")[2] == "read.eu-west-1.test:5432/shop"
    assert (canary.access, canary.password) == ("read", "s3cret")


@pytest.mark.parametrize("place", ["record:reader", "record:reader-3", "database:eu-north-1", "alb:nowhere"])
def test_a_place_that_is_not_there_is_refused(place: str) -> None:
    with pytest.raises(UsageError, match=r"reader|region"):
        canaries_at(place)


def test_a_database_that_no_service_knows_is_one_clear_line() -> None:
    nowhere = topology.parse(topology_data() | {"aws": {"endpoint_url": "http://127.0.0.1:9"}}, "t")
    with pytest.raises(UsageError, match="the database of eu-west-1, where a canary stands, is not known") as refused:
        places.AwsDatabases(nowhere).endpoint("eu-west-1", "write")
    assert "\n" not in str(refused.value)


def test_a_ledger_through_sql_needs_a_statement_in_the_topology() -> None:
    by_sql = LOADED.declaration.instruments.ledgers[0].model_copy(update={"through": "sql"})
    declared = LOADED.declaration.instruments.model_copy(update={"ledgers": (by_sql,)})
    asked = replace(LOADED, declaration=LOADED.declaration.model_copy(update={"instruments": declared}))
    with pytest.raises(UsageError, match=r"orders\.sql"):
        instruments.plan(asked, SYSTEM, Path("/runs/one"), "one-1a2b")
