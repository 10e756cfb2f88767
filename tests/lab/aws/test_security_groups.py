"""elbv2 and EC2: target health is the edge's, security groups block and unblock."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

REGION = "eu-central-1"
INGRESS, PATH = f"/edge/ingress/{REGION}", f"/edge/path/{REGION}"


@pytest.fixture
def ec2(api: Any) -> Iterator[Any]:
    yield api.client("ec2", REGION)


def permission(api: Any, cidr: str) -> list[dict[str, Any]]:
    port = api.layout.ports.http
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}]


def test_target_health_is_the_edges(api: Any) -> None:
    elb = api.client("elbv2", REGION)
    group = api.resources["regions"][REGION]["target_group_arn"]
    assert elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"] == []
    port = api.layout.ports.http
    api.plant.targets[REGION] = [
        {"address": "127.102.2.100", "port": port, "state": "healthy", "reason": None},
        {"address": "127.102.2.101", "port": port, "state": "unhealthy", "reason": "Target.Timeout"},
    ]
    healthy, unhealthy = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert healthy["Target"] == {"Id": "127.102.2.100", "Port": port}
    assert healthy["TargetHealth"] == {"State": "healthy"}
    assert (unhealthy["TargetHealth"]["State"], unhealthy["TargetHealth"]["Reason"]) == ("unhealthy", "Target.Timeout")
    asked = [{"Id": "127.102.2.101"}, {"Id": "127.102.2.102", "Port": port}]
    found = elb.describe_target_health(TargetGroupArn=group, Targets=asked)["TargetHealthDescriptions"]
    assert [one["TargetHealth"]["State"] for one in found] == ["unhealthy", "unused"]
    with pytest.raises(elb.exceptions.TargetGroupNotFoundException):
        elb.describe_target_health(TargetGroupArn=group.replace("targetgroup/shop", "targetgroup/none"))


def test_the_balancer_is_found_by_its_name(api: Any) -> None:
    balancer = api.client("elbv2", REGION).describe_load_balancers(Names=["shop"])["LoadBalancers"][0]
    assert balancer["DNSName"] == api.layout.alb_name(REGION)
    assert balancer["State"]["Code"] == "active"
    assert balancer["SecurityGroups"] == [api.resources["regions"][REGION]["alb_security_group"]]


def test_revoking_the_ingress_blocks_and_authorizing_unblocks(api: Any, ec2: Any) -> None:
    group = api.resources["regions"][REGION]["alb_security_group"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permission(api, "0.0.0.0/0"))
    assert api.plant.sent(INGRESS) == [{"allowed": []}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(api, "10.1.0.0/16"))
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(api, "0.0.0.0/0"))
    assert api.plant.sent(INGRESS)[-1] == {"allowed": ["0.0.0.0/0", "10.1.0.0/16"]}
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permission(api, "10.1.0.0/16"))
    assert api.plant.sent(INGRESS)[-1] == {"allowed": ["0.0.0.0/0"]}
    assert all(body == {"open": True} for body in api.plant.sent(PATH))
    assert api.plant.sent("/edge/ingress/eu-west-1") == []


def test_rules_by_their_ids(api: Any, ec2: Any) -> None:
    group = api.resources["regions"][REGION]["alb_security_group"]
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    rule = next(rule for rule in found if not rule["IsEgress"])
    port = api.layout.ports.http
    changed = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIpv4": "192.0.2.0/24"}
    one = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": changed}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[one])
    assert api.plant.sent(INGRESS)[-1] == {"allowed": ["192.0.2.0/24"]}
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert api.plant.sent(INGRESS)[-1] == {"allowed": []}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(api, "0.0.0.0/0"))
    assert api.plant.sent(INGRESS)[-1] == {"allowed": ["0.0.0.0/0"]}


def test_a_rule_for_another_port_lets_nobody_in(api: Any, ec2: Any) -> None:
    group = api.resources["regions"][REGION]["alb_security_group"]
    other = permission(api, "192.0.2.0/24")
    other[0] |= {"FromPort": 1, "ToPort": 2}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=other)
    assert api.plant.sent(INGRESS)[-1] == {"allowed": ["0.0.0.0/0"]}
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=other)


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_the_path_to_the_pods(api: Any, ec2: Any, direction: str) -> None:
    region = api.resources["regions"][REGION]
    port = api.layout.ports.http
    if direction == "ingress":
        source = [{"GroupId": region["alb_security_group"], "UserId": "123456789012"}]
        rule = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": source}]
        group = region["pods_security_group"]
    else:
        rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        group = region["alb_security_group"]
    getattr(ec2, f"revoke_security_group_{direction}")(GroupId=group, IpPermissions=rule)
    assert api.plant.sent(PATH) == [{"open": False}]
    assert api.plant.sent(INGRESS) == [{"allowed": ["0.0.0.0/0"]}]
    getattr(ec2, f"authorize_security_group_{direction}")(GroupId=group, IpPermissions=rule)
    assert api.plant.sent(PATH)[-1] == {"open": True}


def test_another_security_group_for_the_balancer(api: Any, ec2: Any) -> None:
    region = api.resources["regions"][REGION]
    closed = ec2.create_security_group(GroupName="closed", Description="closed", VpcId=region["vpc"])["GroupId"]
    elb = api.client("elbv2", REGION)
    elb.set_security_groups(LoadBalancerArn=region["load_balancer_arn"], SecurityGroups=[closed])
    assert api.plant.sent(INGRESS) == [{"allowed": []}]
    elb.set_security_groups(LoadBalancerArn=region["load_balancer_arn"], SecurityGroups=[region["alb_security_group"]])
    assert api.plant.sent(INGRESS)[-1] == {"allowed": ["0.0.0.0/0"]}
    ec2.delete_security_group(GroupId=closed)


def test_a_call_that_is_not_accepted_has_no_effect(api: Any, ec2: Any) -> None:
    group = api.resources["regions"][REGION]["alb_security_group"]
    with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permission(api, "198.51.100.0/24"))
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(api, "0.0.0.0/0"))
    assert api.plant.sent(INGRESS) == []


def test_what_the_edge_would_not_follow_is_refused(api: Any, ec2: Any) -> None:
    region = api.resources["regions"][REGION]
    elb = api.client("elbv2", REGION)
    refused: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (elb.deregister_targets, {"TargetGroupArn": region["target_group_arn"], "Targets": [{"Id": "127.102.2.100"}]}),
        (elb.delete_load_balancer, {"LoadBalancerArn": region["load_balancer_arn"]}),
        (ec2.create_network_acl, {"VpcId": region["vpc"]}),
        (ec2.run_instances, {"MinCount": 1, "MaxCount": 1}),
    ]
    for call, arguments in refused:
        with pytest.raises(ClientError, match="NotImplemented") as caught:
            call(**arguments)
        assert "the lab" in caught.value.response["Error"]["Message"]


def test_the_balancer_takes_no_rules_but_ipv4_ranges(api: Any, ec2: Any) -> None:
    region, port = api.resources["regions"][REGION], api.layout.ports.http
    group = region["alb_security_group"]
    sources: list[dict[str, Any]] = [
        {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        {"UserIdGroupPairs": [{"GroupId": region["pods_security_group"]}]},
        {"PrefixListIds": [{"PrefixListId": "pl-1"}]},
    ]
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=region["vpc"])["GroupId"]
    for source in sources:
        rule = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port} | source]
        with pytest.raises(ClientError, match=r"NotImplemented.*IPv4"):
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    ec2.authorize_security_group_ingress(
        GroupId=other, IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port} | sources[0]]
    )
    elb = api.client("elbv2", REGION)
    with pytest.raises(ClientError, match=r"NotImplemented.*IPv4"):
        elb.set_security_groups(LoadBalancerArn=region["load_balancer_arn"], SecurityGroups=[group, other])
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    (rule_id,) = [rule["SecurityGroupRuleId"] for rule in found if not rule["IsEgress"]]
    changed = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIpv6": "::/0"}
    with pytest.raises(ClientError, match=r"NotImplemented.*IPv4"):
        ec2.modify_security_group_rules(
            GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": changed}]
        )
    assert api.plant.sent(INGRESS) in ([], [{"allowed": ["0.0.0.0/0"]}])
    ec2.delete_security_group(GroupId=other)
