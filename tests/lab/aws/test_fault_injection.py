"""FIS: templates, experiments that really inject, and what ends them."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blackstart.lab.aws import seed_region
from blackstart.lab.aws.experiment import duration_s
from blackstart.lab.specification import Specification

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
CACHE_ACTION, CACHE_TYPE = (
    "aws:elasticache:replicationgroup-interrupt-az-power",
    "aws:elasticache:replicationgroup",
)
Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def fis(api: Any, eventually: Eventually) -> Iterator[Any]:
    """A client in the standby; whatever a test starts is over when it ends."""
    client = api.client("fis", STANDBY)
    yield client
    for region in (PRIMARY, STANDBY):
        other = api.client("fis", region)
        for experiment in other.list_experiments()["experiments"]:
            other.stop_experiment(id=experiment["id"])
            eventually(lambda: status(other, experiment["id"]) in {"stopped", "completed", "failed"})  # noqa: B023 - called at once


def status(fis: Any, experiment: str) -> str:
    return str(fis.get_experiment(id=experiment)["experiment"]["state"]["status"])


def start(fis: Any, template: str) -> str:
    return str(fis.start_experiment(experimentTemplateId=template, clientToken=uuid.uuid4().hex)["experiment"]["id"])


def template(api: Any, fis: Any, name: str, actions: dict[str, Any], targets: dict[str, Any] | None = None) -> str:
    created = fis.create_experiment_template(
        clientToken=uuid.uuid4().hex,
        description=name,
        stopConditions=[{"source": "none"}],
        roleArn="arn:aws:iam::123456789012:role/blackstart-drill",
        actions=actions,
        targets=targets or {},
        tags={"Name": name},
    )
    return str(created["experimentTemplate"]["id"])


def action(kind: str, duration: str, region: str = PRIMARY, **more: Any) -> dict[str, Any]:
    return {"actionId": f"lab:region:{kind}", "parameters": {"region": region, "duration": duration}} | more


@pytest.mark.parametrize("region", [PRIMARY, STANDBY])
def test_region_loss_is_there_in_both_regions(api: Any, region: str) -> None:
    fis = api.client("fis", region)
    found = [
        one
        for one in fis.list_experiment_templates()["experimentTemplates"]
        if one["tags"].get("Name") == "region-loss"
    ]
    assert [one["id"] for one in found] == [api.resources["regions"][region]["fis_templates"]["region-loss"]]
    assert PRIMARY in found[0]["description"]
    full = fis.get_experiment_template(id=found[0]["id"])["experimentTemplate"]
    (injected,) = full["actions"].values()
    assert injected["actionId"] == "lab:region:power-off"
    assert injected["parameters"] == {"region": PRIMARY, "duration": "PT15M"}


def test_a_region_is_lost_until_the_experiment_is_stopped(api: Any, fis: Any, eventually: Eventually) -> None:
    lost = api.resources["regions"][STANDBY]["fis_templates"]["region-loss"]
    experiment = start(fis, lost)
    eventually(lambda: status(fis, experiment) == "running")
    assert api.plant.sent(f"/regions/{PRIMARY}") == [{"power": "off"}]
    assert api.plant.sent("/fis")[-1] == {"running": ["region-loss"]}
    (injected,) = fis.get_experiment(id=experiment)["experiment"]["actions"].values()
    assert injected["state"]["status"] == "running"
    listed = fis.list_experiments(experimentTemplateId=lost)["experiments"]
    assert {one["id"]: one["state"]["status"] for one in listed}[experiment] == "running"
    assert fis.stop_experiment(id=experiment)["experiment"]["state"]["status"] == "stopping"
    eventually(lambda: status(fis, experiment) == "stopped")
    assert api.plant.sent(f"/regions/{PRIMARY}") == [{"power": "off"}, {"power": "on"}]
    eventually(lambda: api.plant.sent("/fis")[-1] == {"running": []})
    ended = fis.get_experiment(id=experiment)["experiment"]
    assert ended["endTime"] >= ended["startTime"]
    assert next(iter(ended["actions"].values()))["state"]["status"] == "stopped"
    fis.stop_experiment(id=experiment)
    assert len(api.plant.sent(f"/regions/{PRIMARY}")) == 2


def test_it_ends_by_itself_after_its_duration(api: Any, fis: Any, eventually: Eventually) -> None:
    experiment = start(fis, template(api, fis, "short", {"hang": action("hang", "PT1S")}))
    eventually(lambda: api.plant.regions[PRIMARY] == "hung")
    eventually(lambda: status(fis, experiment) == "completed")
    assert api.plant.sent(f"/regions/{PRIMARY}") == [{"power": "hung"}, {"power": "on"}]


@pytest.mark.parametrize(
    ("failing", "ended"),
    [
        (["late", "lost", "lost"], "failed"),  # the loss itself: it bit, and the plant did not say so
        (["", "lost", "lost"], "completed"),  # the return, at the duration's end
    ],
)
def test_a_region_comes_back_whatever_the_plant_failed_at(
    api: Any, fis: Any, eventually: Eventually, failing: list[str], ended: str
) -> None:
    api.plant.failing = failing
    experiment = start(fis, template(api, fis, "unlucky", {"off": action("power-off", "PT0.3S")}))
    eventually(lambda: "off" in [body["power"] for body in api.plant.sent(f"/regions/{PRIMARY}")])
    eventually(lambda: status(fis, experiment) in {"failed", "completed", "stopped"})
    assert api.plant.regions[PRIMARY] == "on"
    assert [body["power"] for body in api.plant.sent(f"/regions/{PRIMARY}")] == ["off", "on", "on", "on"]
    (injected,) = fis.get_experiment(id=experiment)["experiment"]["actions"].values()
    assert injected["state"]["status"] in {ended, "stopped"}


def test_a_region_comes_back_when_the_stop_fails_at_first(api: Any, fis: Any, eventually: Eventually) -> None:
    api.plant.failing = ["", "lost", "lost"]
    experiment = start(fis, template(api, fis, "stopped", {"off": action("power-off", "PT1H")}))
    eventually(lambda: status(fis, experiment) == "running")
    fis.stop_experiment(id=experiment)
    eventually(lambda: status(fis, experiment) == "stopped")
    assert api.plant.regions[PRIMARY] == "on"


@pytest.mark.parametrize(
    ("knobs", "minutes"),
    [
        ({}, 15),
        ({"timing": "aws"}, 36),
        ({"pod_start_s": 600}, 101),
        ({"replication_delay_ms": 300_000}, 51),
    ],
)
def test_the_loss_outlasts_ten_recoveries(knobs: dict[str, Any], minutes: int) -> None:
    asked = Specification.from_json(knobs)
    assert seed_region.loss_lasts_min(asked) == minutes


def test_actions_follow_each_other(api: Any, fis: Any, eventually: Eventually) -> None:
    actions = {
        "second": action("power-off", "PT0.2S", startAfter=["first"]),
        "first": action("hang", "PT0.2S", startAfter=["pause"]),
        "pause": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT0.1S"}},
    }
    experiment = start(fis, template(api, fis, "chain", actions))
    eventually(lambda: status(fis, experiment) == "completed")
    powers = [body["power"] for body in api.plant.sent(f"/regions/{PRIMARY}")]
    assert powers == ["hung", "on", "off", "on"]


def test_a_client_token_starts_once(api: Any, fis: Any, eventually: Eventually) -> None:
    lost, token = api.resources["regions"][STANDBY]["fis_templates"]["region-loss"], uuid.uuid4().hex
    first = fis.start_experiment(experimentTemplateId=lost, clientToken=token)["experiment"]["id"]
    eventually(lambda: status(fis, first) == "running")
    assert fis.start_experiment(experimentTemplateId=lost, clientToken=token)["experiment"]["id"] == first
    assert api.plant.sent(f"/regions/{PRIMARY}") == [{"power": "off"}]


def test_a_second_loss_is_a_conflict(api: Any, fis: Any) -> None:
    start(fis, api.resources["regions"][STANDBY]["fis_templates"]["region-loss"])
    with pytest.raises(fis.exceptions.ConflictException, match=PRIMARY):
        start(fis, api.resources["regions"][STANDBY]["fis_templates"]["region-loss"])
    other = api.client("fis", PRIMARY)
    with pytest.raises(other.exceptions.ConflictException):
        start(other, api.resources["regions"][PRIMARY]["fis_templates"]["region-loss"])


def test_a_region_that_is_off_anyway_is_a_conflict(api: Any, fis: Any) -> None:
    api.power(PRIMARY, "off")
    with pytest.raises(fis.exceptions.ConflictException):
        start(fis, api.resources["regions"][STANDBY]["fis_templates"]["region-loss"])
    assert api.plant.sent(f"/regions/{PRIMARY}") == []


def test_templates_can_be_changed_and_deleted(api: Any, fis: Any) -> None:
    made = template(api, fis, "mine", {"a": action("hang", "PT1H")})
    fis.update_experiment_template(id=made, actions={"a": action("hang", "PT2H")})
    full = fis.get_experiment_template(id=made)["experimentTemplate"]
    assert full["actions"]["a"]["parameters"]["duration"] == "PT2H"
    fis.tag_resource(resourceArn=full["arn"], tags={"k": "v"})
    assert fis.list_tags_for_resource(resourceArn=full["arn"])["tags"] == {"Name": "mine", "k": "v"}
    fis.delete_experiment_template(id=made)
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        fis.get_experiment_template(id=made)
    with pytest.raises(fis.exceptions.ResourceNotFoundException):
        start(fis, made)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"actionId": "aws:ec2:stop-instances", "parameters": {}}, "aws:ec2:stop-instances"),
        (action("hang", "PT1H", region="us-east-1"), "us-east-1"),
        (action("hang", "soon"), "soon"),
        (action("hang", "PT1H", startAfter=["none"]), "startAfter"),
    ],
)
def test_what_it_cannot_inject_is_refused_in_the_template(
    api: Any, fis: Any, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(fis.exceptions.ValidationException, match=message):
        template(api, fis, "wrong", {"a": wrong})


def test_the_actions_are_listed(fis: Any) -> None:
    listed = {one["id"] for one in fis.list_actions()["actions"]}
    assert listed == {"lab:region:power-off", "lab:region:hang", CACHE_ACTION, "aws:fis:wait"}
    assert "region" in fis.get_action(id="lab:region:hang")["action"]["parameters"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        fis.get_action(id="aws:ec2:stop-instances")


@pytest.mark.parametrize(("text", "seconds"), [("PT15M", 900), ("PT1H", 3600), ("PT1H2M3S", 3723), ("PT0.5S", 0.5)])
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "PT", "15M", "P1D", "PT-1S"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        duration_s(text)


def cache_target(**changes: Any) -> dict[str, Any]:
    target = {
        "resourceType": CACHE_TYPE,
        "resourceTags": {"system": "shop"},
        "selectionMode": "ALL",
        "parameters": {"availabilityZoneIdentifier": f"{STANDBY}a"},
    }
    return {"cache": target | changes}


def cache_action(duration: str = "PT1H") -> dict[str, Any]:
    targets = {"ReplicationGroups": "cache"}
    return {"lose": {"actionId": CACHE_ACTION, "parameters": {"duration": duration}, "targets": targets}}


def test_cache_loss_takes_down_the_cache_of_its_region_until_it_is_stopped(api: Any, eventually: Eventually) -> None:
    fis = api.client("fis", PRIMARY)
    experiment = start(fis, api.resources["regions"][PRIMARY]["fis_templates"]["cache-loss"])
    eventually(lambda: status(fis, experiment) == "running")
    assert api.plant.caches == {PRIMARY: "off", STANDBY: "on"}
    assert api.plant.sent("/fis")[-1] == {"running": ["cache-loss"]}
    with pytest.raises(fis.exceptions.ConflictException, match="The cache in eu-west-1 is held"):
        start(fis, api.resources["regions"][PRIMARY]["fis_templates"]["cache-loss"])
    fis.stop_experiment(id=experiment)
    eventually(lambda: status(fis, experiment) == "stopped")
    assert api.plant.sent(f"/caches/{PRIMARY}") == [{"power": "off"}, {"power": "on"}]
    assert api.plant.sent(f"/regions/{PRIMARY}") == []


def test_a_cache_comes_back_at_the_end_of_the_duration_whatever_the_plant_failed_at(
    api: Any, fis: Any, eventually: Eventually
) -> None:
    api.plant.failing = ["", "lost"]
    experiment = start(fis, template(api, fis, "short", cache_action("PT0.2S"), cache_target()))
    eventually(lambda: "off" in [body["power"] for body in api.plant.sent(f"/caches/{STANDBY}")])
    eventually(lambda: status(fis, experiment) in {"completed", "failed"})
    assert api.plant.caches[STANDBY] == "on"


def test_the_cache_of_a_region_without_power_is_a_conflict(api: Any, fis: Any) -> None:
    api.power(STANDBY, "off")
    with pytest.raises(fis.exceptions.ConflictException, match=f"The cache in {STANDBY} is off"):
        start(fis, api.resources["regions"][STANDBY]["fis_templates"]["cache-loss"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"resourceTags": {"system": "another"}}, "no replication group"),
        ({"resourceTags": {}}, "by resourceTags"),
        ({"resourceArns": ["arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:shop"]}, "by resourceTags"),
        ({"parameters": {"availabilityZoneIdentifier": f"{STANDBY}b"}}, f"{STANDBY}a"),
        ({"resourceType": "aws:ec2:instance"}, CACHE_TYPE),
    ],
)
def test_a_cache_is_chosen_as_aws_wants_it(api: Any, fis: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(fis.exceptions.ValidationException, match=message):
        template(api, fis, "wrong", cache_action(), cache_target(**changes))


def test_the_replication_group_is_where_its_clients_find_it(api: Any) -> None:
    (group,) = api.client("elasticache", PRIMARY).describe_replication_groups()["ReplicationGroups"]
    endpoint = group["NodeGroups"][0]["PrimaryEndpoint"]
    assert endpoint == {"Address": api.layout.cache_endpoint(PRIMARY), "Port": api.layout.ports.cache}
    assert group["Status"] == "available"
