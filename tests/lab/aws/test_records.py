"""Route 53: the private zone's records, sent whole to the plant."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

NAME = "test.shop.internal"


@pytest.fixture
def route53(api: Any) -> Iterator[Any]:
    yield api.client("route53", "us-east-1")


def change(api: Any, route53: Any, action: str, value: str, **more: Any) -> Any:
    record = {"Name": NAME, "Type": "CNAME", "TTL": 5, "ResourceRecords": [{"Value": value}]} | more
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    return route53.change_resource_record_sets(HostedZoneId=api.resources["zone_id"], ChangeBatch=batch)["ChangeInfo"]


def served(api: Any) -> dict[str, list[str]]:
    return {record["name"]: record["values"] for record in api.plant.sent("/names/records")[-1]["records"]}


def test_a_record_lives_and_dies_in_the_plant(api: Any, route53: Any) -> None:
    info = change(api, route53, "CREATE", "a.example")
    assert route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    assert served(api)[f"{NAME}."] == ["a.example"]
    assert set(served(api)) == {"writer.shop.internal.", "reader.shop.internal.", f"{NAME}."}
    change(api, route53, "UPSERT", "b.example")
    assert served(api)[f"{NAME}."] == ["b.example"]
    listed = route53.list_resource_record_sets(HostedZoneId=api.resources["zone_id"])["ResourceRecordSets"]
    found = [record for record in listed if record["Name"] == f"{NAME}."]
    assert [record["ResourceRecords"] for record in found] == [[{"Value": "b.example"}]]
    change(api, route53, "DELETE", "b.example")
    assert f"{NAME}." not in served(api)


def test_the_writers_name_can_be_repointed_and_put_back(api: Any, route53: Any) -> None:
    name = {"Name": "writer.shop.internal.", "TTL": 2}
    change(api, route53, "UPSERT", api.layout.cluster_endpoint("eu-central-1"), **name)
    assert served(api)["writer.shop.internal."] == [api.layout.cluster_endpoint("eu-central-1")]
    change(api, route53, "UPSERT", api.layout.cluster_endpoint("eu-west-1"), **name)
    assert served(api)["writer.shop.internal."] == [api.layout.cluster_endpoint("eu-west-1")]


def test_an_alias_is_served_as_a_name(api: Any, route53: Any) -> None:
    target = {
        "HostedZoneId": "Z2P70J7EXAMPLE",
        "DNSName": api.layout.alb_name("eu-west-1"),
        "EvaluateTargetHealth": False,
    }
    record = {"Name": NAME, "Type": "A", "AliasTarget": target}
    zone = api.resources["zone_id"]
    for action in ("CREATE", "DELETE"):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
        assert served(api).get(f"{NAME}.") == ([api.layout.alb_name("eu-west-1")] if action == "CREATE" else None)


def test_contradictions_are_refused_and_nothing_is_sent(api: Any, route53: Any) -> None:
    change(api, route53, "CREATE", "a.example")
    api.plant.calls.clear()
    wrong = [
        ("CREATE", "b.example", {}, "already exists"),
        ("DELETE", "b.example", {}, "do not match"),
        ("DELETE", "a.example", {"Name": "none.shop.internal"}, "not found"),
        ("CREATE", "a.example", {"Name": "test.example.com"}, "not permitted in zone"),
        ("CREATE", "192.0.2.1", {"Type": "A"}, "conflicts"),
    ]
    for action, value, more, message in wrong:
        with pytest.raises(ClientError, match=message) as caught:
            change(api, route53, action, value, **more)
        assert caught.value.response["Error"]["Code"] == "InvalidChangeBatch"
    assert api.plant.sent("/names/records") == []
    change(api, route53, "DELETE", "a.example")
    with pytest.raises(ClientError, match="not found"):
        change(api, route53, "DELETE", "a.example")


def test_routing_policies_are_refused_by_name(api: Any, route53: Any) -> None:
    with pytest.raises(ClientError, match="route53:ChangeResourceRecordSets") as caught:
        change(api, route53, "CREATE", "a.example", SetIdentifier="a", Weight=1)
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        route53.list_resource_record_sets(HostedZoneId="ZNONE")


def test_what_the_resolver_would_not_take_gets_no_further(api: Any, route53: Any) -> None:
    wrong: list[dict[str, Any]] = [
        {"Type": "A", "ResourceRecords": [{"Value": "no address"}]},
        {"Type": "A", "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.256"}]},
        {"Type": "CNAME", "ResourceRecords": [{"Value": "two..dots"}]},
        {"Name": f"{'x' * 64}.shop.internal"},
    ]
    for more in wrong:
        with pytest.raises(ClientError, match="Invalid Resource Record") as caught:
            change(api, route53, "CREATE", "a.example", **more)
        assert caught.value.response["Error"]["Code"] == "InvalidChangeBatch"
    assert api.plant.sent("/names/records") == []
    change(api, route53, "CREATE", "a.example")
    assert served(api)[f"{NAME}."] == ["a.example"]
    change(api, route53, "DELETE", "a.example")


def test_no_wildcards_and_no_zone_that_nobody_serves(api: Any, route53: Any) -> None:
    zone, vpc = api.resources["zone_id"], {"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}
    with pytest.raises(ClientError, match=r"NotImplemented.*wildcards"):
        change(api, route53, "CREATE", "a.example", Name="*.shop.internal")
    refused: list[tuple[str, dict[str, Any]]] = [
        ("create_hosted_zone", {"Name": "example.com", "CallerReference": "1"}),
        ("create_hosted_zone", {"Name": "shop.internal", "CallerReference": "2", "VPC": vpc}),
        ("delete_hosted_zone", {"Id": zone}),
        ("associate_vpc_with_hosted_zone", {"HostedZoneId": zone, "VPC": vpc}),
        ("disassociate_vpc_from_hosted_zone", {"HostedZoneId": zone, "VPC": vpc}),
    ]
    for operation, arguments in refused:
        with pytest.raises(ClientError, match=r"NotImplemented.*one private zone"):
            getattr(route53, operation)(**arguments)
    assert [found["Name"] for found in route53.list_hosted_zones()["HostedZones"]] == ["shop.internal."]
