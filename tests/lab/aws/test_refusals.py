"""What the lab does not have, and a plant that is gone: an error in the service's own shape, with the name in it."""

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

REGION = "eu-central-1"


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "named"),
    [
        ("rds", "describe_source_regions", {}, "rds:DescribeSourceRegions"),
        ("ec2", "describe_reserved_instances_modifications", {}, "ec2:DescribeReservedInstancesModifications"),
        ("elbv2", "get_trust_store_ca_certificates_bundle", {"TrustStoreArn": "arn:x"}, "elasticloadbalancing:Get"),
        ("sts", "decode_authorization_message", {"EncodedMessage": "x"}, "sts:DecodeAuthorizationMessage"),
        ("fis", "get_safety_lever", {"id": "x"}, "fis:GetSafetyLever"),
        ("eks", "describe_addon_versions", {}, "eks:DescribeAddonVersions"),
        ("route53", "test_dns_answer", {"HostedZoneId": "Z", "RecordName": "a", "RecordType": "A"}, "TestDNSAnswer"),
        ("secretsmanager", "stop_replication_to_replica", {"SecretId": "x"}, "StopReplicationToReplica"),
        ("efs", "describe_replication_configurations", {}, "elasticfilesystem:DescribeReplicationConfigurations"),
        ("elasticache", "test_failover", {"ReplicationGroupId": "x", "NodeGroupId": "1"}, "elasticache:TestFailover"),
        ("cloudwatch", "put_composite_alarm", {"AlarmName": "a", "AlarmRule": "x"}, "monitoring:PutCompositeAlarm"),
        (
            "cloudwatch",
            "put_metric_alarm",
            {"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"},
            "monitoring:PutMetricAlarm",
        ),
        ("arc-region-switch", "list_plans", {}, "arc-region-switch:ListPlans"),
        ("route53-recovery-control-config", "list_clusters", {}, "route53-recovery-control-config:ListClusters"),
        ("gamelift", "list_builds", {}, "gamelift:ListBuilds"),
        (
            "s3",
            "put_bucket_replication",
            {"Bucket": "b", "ReplicationConfiguration": {"Role": "r", "Rules": []}},
            "not replicated",
        ),
        ("ecr", "put_replication_configuration", {"replicationConfiguration": {"rules": []}}, "not replicated"),
        ("eks", "delete_cluster", {"name": "shop"}, "eks:DeleteCluster"),
        (
            "dynamodb",
            "update_table",
            {"TableName": "t", "ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]},
            "dynamodb:UpdateTable",
        ),
        (
            "stepfunctions",
            "start_execution",
            {"stateMachineArn": f"arn:aws:states:{REGION}:123456789012:stateMachine:x"},
            "states:StartExecution",
        ),
        ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript"}, "ssm:SendCommand"),
        ("ecs", "run_task", {"taskDefinition": "x"}, "ecs:RunTask"),
        (
            "rds",
            "modify_db_cluster_parameter_group",
            {"DBClusterParameterGroupName": "x", "Parameters": []},
            "rds:ModifyDBClusterParameterGroup",
        ),
        (
            "elasticache",
            "modify_cache_parameter_group",
            {"CacheParameterGroupName": "x", "ParameterNameValues": []},
            "elasticache:ModifyCacheParameterGroup",
        ),
    ],
)
def test_it_is_named(api: Any, service: str, operation: str, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ClientError, match=named) as caught:
        getattr(api.client(service, REGION), operation)(**arguments)
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "the lab" in caught.value.response["Error"]["Message"]


def test_a_table_can_still_be_changed(api: Any) -> None:
    dynamodb = api.client("dynamodb", REGION)
    key = {"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    dynamodb.create_table(TableName="t", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], **key)
    changed = dynamodb.update_table(TableName="t", DeletionProtectionEnabled=True)["TableDescription"]
    assert changed["DeletionProtectionEnabled"] is True
    dynamodb.update_table(TableName="t", DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName="t")


def test_mistakes_stay_the_services_own(api: Any) -> None:
    ec2 = api.client("ec2", REGION)
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        ec2.describe_security_groups(GroupIds=["sg-00000000000000000"])
    with pytest.raises(ClientError, match="NoSuchBucket"):
        api.client("s3", REGION).list_objects_v2(Bucket="none")


def test_the_fakes_own_doors_are_shut(api: Any) -> None:
    for path in ("/moto-api/reset", "/moto-api/data.json"):
        request = urllib.request.Request(f"{api.layout.api_url}{path}", method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request, timeout=20):
            pass
        with caught.value as error:
            assert error.code == 501
            assert b"<html" not in error.read().lower()
    assert api.client("eks", REGION).list_clusters()["clusters"] == ["shop"]


def test_without_the_plant_calls_fail_and_change_nothing(start: Callable[[], Any]) -> None:
    api = start()
    group = api.resources["regions"][REGION]["alb_security_group"]
    port = api.layout.ports.http
    rule = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    cluster = f"arn:aws:rds:{REGION}:123456789012:cluster:{api.layout.cluster_name(REGION)}"
    target = {"GlobalClusterIdentifier": "shop", "TargetDbClusterIdentifier": cluster, "AllowDataLoss": True}
    template = api.resources["regions"][REGION]["fis_templates"]["region-loss"]
    api.plant.close()
    ec2 = api.client("ec2", REGION, attempts=2)
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (ec2.revoke_security_group_ingress, {"GroupId": group, "IpPermissions": rule}),
        (api.client("rds", REGION).failover_global_cluster, target),
        (api.client("rds", REGION).describe_global_clusters, {}),
        (api.client("fis", REGION).start_experiment, {"experimentTemplateId": template, "clientToken": "t"}),
    ]
    for call, arguments in calls:
        with pytest.raises(ClientError, match=r"plant at http://127\.102\.0\.2") as caught:
            call(**arguments)
        assert caught.value.response["Error"]["Code"] == "InternalFailure"
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert rules[0]["IpRanges"][0]["CidrIp"] == "0.0.0.0/0"
    assert api.client("fis", REGION).list_experiments()["experiments"] == []
