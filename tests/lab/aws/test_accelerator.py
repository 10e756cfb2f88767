"""Global Accelerator: the whole control plane, every change sent to the plant, health read from it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def accelerator(api: Any) -> Any:
    return api.client("globalaccelerator", "us-west-2")


def code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def groups(api: Any, accelerator: Any) -> dict[str, dict[str, Any]]:
    found = accelerator.list_endpoint_groups(ListenerArn=api.resources["listener_arn"])["EndpointGroups"]
    return {group["EndpointGroupRegion"]: group for group in found}


def test_it_is_built_as_the_reference_architecture(api: Any, accelerator: Any) -> None:
    described = accelerator.describe_accelerator(AcceleratorArn=api.resources["accelerator_arn"])["Accelerator"]
    assert (described["Name"], described["Status"], described["Enabled"]) == ("shop", "DEPLOYED", True)
    assert described["DnsName"] == api.layout.accelerator_name
    assert described["IpSets"][0]["IpAddresses"] == [api.layout.accelerator]
    assert accelerator.list_accelerators()["Accelerators"] == [described]
    listeners = accelerator.list_listeners(AcceleratorArn=api.resources["accelerator_arn"])["Listeners"]
    assert listeners[0]["PortRanges"] == [{"FromPort": api.layout.ports.http, "ToPort": api.layout.ports.http}]
    found = groups(api, accelerator)
    assert {region: group["TrafficDialPercentage"] for region, group in found.items()} == {
        "eu-west-1": 100.0,
        "eu-central-1": 0.0,
    }


def test_health_is_the_plants(api: Any, accelerator: Any) -> None:
    for health in ("HEALTHY", "UNHEALTHY"):
        api.plant.health = health
        arn = groups(api, accelerator)["eu-west-1"]["EndpointGroupArn"]
        endpoint = accelerator.describe_endpoint_group(EndpointGroupArn=arn)["EndpointGroup"]["EndpointDescriptions"][0]
        assert (endpoint["HealthState"], endpoint["HealthReason"]) == (health, "test")


def test_a_dial_reaches_the_plant_and_leaves_the_rest_as_it_was(api: Any, accelerator: Any) -> None:
    before = groups(api, accelerator)["eu-central-1"]
    updated = accelerator.update_endpoint_group(
        EndpointGroupArn=before["EndpointGroupArn"], TrafficDialPercentage=42.5, ThresholdCount=2
    )["EndpointGroup"]
    assert updated == before | {"TrafficDialPercentage": 42.5, "ThresholdCount": 2}
    sent = api.plant.sent("/edge/accelerator")[-1]
    assert [(group["region"], group["dial"]) for group in sent["groups"]] == [
        ("eu-west-1", 100.0),
        ("eu-central-1", 42.5),
    ]
    balancer = api.resources["regions"]["eu-central-1"]["load_balancer_arn"]
    assert sent["groups"][1]["endpoints"] == [{"id": balancer, "region": "eu-central-1", "weight": 128}]
    accelerator.update_endpoint_group(
        EndpointGroupArn=before["EndpointGroupArn"], TrafficDialPercentage=0, ThresholdCount=3
    )
    assert groups(api, accelerator)["eu-central-1"] == before


def test_weights_and_endpoints(api: Any, accelerator: Any) -> None:
    group = groups(api, accelerator)["eu-central-1"]
    arn, balancer = group["EndpointGroupArn"], api.resources["regions"]["eu-central-1"]["load_balancer_arn"]
    accelerator.update_endpoint_group(
        EndpointGroupArn=arn,
        EndpointConfigurations=[{"EndpointId": balancer, "Weight": 7, "ClientIPPreservationEnabled": False}],
    )
    assert api.plant.sent("/edge/accelerator")[-1]["groups"][1]["endpoints"][0]["weight"] == 7
    accelerator.remove_endpoints(EndpointGroupArn=arn, EndpointIdentifiers=[{"EndpointId": balancer}])
    assert api.plant.sent("/edge/accelerator")[-1]["groups"][1]["endpoints"] == []
    missing = {"EndpointGroupArn": arn, "EndpointIdentifiers": [{"EndpointId": balancer}]}
    assert code(accelerator.remove_endpoints, **missing) == "EndpointNotFoundException"
    again = {"EndpointGroupArn": arn, "EndpointConfigurations": [{"EndpointId": balancer}]}
    added = accelerator.add_endpoints(**again)["EndpointDescriptions"]
    assert (added[0]["EndpointId"], added[0]["Weight"]) == (balancer, 128)
    assert code(accelerator.add_endpoints, **again) == "EndpointAlreadyExistsException"
    assert groups(api, accelerator)["eu-central-1"] == group


def test_disabling_it(api: Any, accelerator: Any) -> None:
    arn = api.resources["accelerator_arn"]
    assert accelerator.update_accelerator(AcceleratorArn=arn, Enabled=False)["Accelerator"]["Enabled"] is False
    assert api.plant.sent("/edge/accelerator")[-1]["enabled"] is False
    accelerator.update_accelerator(AcceleratorArn=arn, Enabled=True)
    assert api.plant.sent("/edge/accelerator")[-1]["enabled"] is True


def test_it_can_be_taken_down_and_built_again(start: Callable[[], Any]) -> None:
    api = start()
    accelerator = api.client("globalaccelerator", "us-west-2")
    arn, listener = api.resources["accelerator_arn"], api.resources["listener_arn"]
    assert code(accelerator.delete_accelerator, AcceleratorArn=arn) == "AcceleratorNotDisabledException"
    assert code(accelerator.delete_listener, ListenerArn=listener) == "AssociatedEndpointGroupFoundException"
    for group in groups(api, accelerator).values():
        accelerator.delete_endpoint_group(EndpointGroupArn=group["EndpointGroupArn"])
    assert api.plant.sent("/edge/accelerator")[-1]["groups"] == []
    accelerator.update_accelerator(AcceleratorArn=arn, Enabled=False)
    assert code(accelerator.delete_accelerator, AcceleratorArn=arn) == "AssociatedListenerFoundException"
    accelerator.delete_listener(ListenerArn=listener)
    accelerator.delete_accelerator(AcceleratorArn=arn)
    assert accelerator.list_accelerators()["Accelerators"] == []
    rebuild(api, accelerator)
    assert api.plant.sent("/edge/accelerator")[-1]["groups"][0]["dial"] == 10.0


def rebuild(api: Any, accelerator: Any) -> None:
    tags = [{"Key": "system", "Value": "shop"}]
    arn = accelerator.create_accelerator(Name="new", Tags=tags)["Accelerator"]["AcceleratorArn"]
    assert accelerator.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    accelerator.untag_resource(ResourceArn=arn, TagKeys=["system"])
    accelerator.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert accelerator.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    wrong = [{"FromPort": 1, "ToPort": 2}]
    assert (
        code(accelerator.create_listener, AcceleratorArn=arn, PortRanges=wrong, Protocol="TCP")
        == "InvalidPortRangeException"
    )
    ports = [{"FromPort": api.layout.ports.http, "ToPort": api.layout.ports.http}]
    listener = accelerator.create_listener(AcceleratorArn=arn, PortRanges=ports, Protocol="TCP")["Listener"][
        "ListenerArn"
    ]
    assert accelerator.describe_listener(ListenerArn=listener)["Listener"]["Protocol"] == "TCP"
    balancer = api.resources["regions"]["eu-west-1"]["load_balancer_arn"]
    wanted = {
        "ListenerArn": listener,
        "EndpointGroupRegion": "eu-west-1",
        "TrafficDialPercentage": 10,
        "EndpointConfigurations": [{"EndpointId": balancer}],
    }
    accelerator.create_endpoint_group(**wanted)
    assert code(accelerator.create_endpoint_group, **wanted) == "EndpointGroupAlreadyExistsException"


def test_errors(api: Any, accelerator: Any) -> None:
    arn = groups(api, accelerator)["eu-west-1"]["EndpointGroupArn"]
    update = accelerator.update_endpoint_group
    assert code(update, EndpointGroupArn=f"{arn}x") == "EndpointGroupNotFoundException"
    assert code(accelerator.describe_accelerator, AcceleratorArn="x") == "AcceleratorNotFoundException"
    assert code(accelerator.describe_listener, ListenerArn="x") == "ListenerNotFoundException"
    elsewhere = [{"EndpointId": api.resources["regions"]["eu-central-1"]["load_balancer_arn"]}]
    assert code(update, EndpointGroupArn=arn, EndpointConfigurations=elsewhere) == "InvalidArgumentException"
    assert code(accelerator.create_accelerator, Name="second") == "LimitExceededException"
    nowhere = {"ListenerArn": api.resources["listener_arn"], "EndpointGroupRegion": "us-east-1"}
    assert code(accelerator.create_endpoint_group, **nowhere) == "InvalidArgumentException"
    assert code(accelerator.list_byoip_cidrs) == "NotImplemented"
    here = api.client("globalaccelerator", "eu-west-1")
    assert code(here.list_accelerators) == "InvalidSignatureException"
