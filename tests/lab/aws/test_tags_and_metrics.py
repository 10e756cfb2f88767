"""Tags by which a guard finds the lab's resources, the secret, and the one metric."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

STANDBY = "eu-central-1"


def tagged(api: Any, region: str) -> set[str]:
    filters = [{"Key": "system", "Values": ["shop"]}, {"Key": "environment", "Values": ["lab"]}]
    pages = api.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate(TagFilters=filters)
    return {one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]}


@pytest.mark.parametrize("region", ["eu-west-1", STANDBY])
def test_a_regions_resources_are_tagged(api: Any, region: str) -> None:
    found = tagged(api, region)
    resources = api.resources["regions"][region]
    assert {resources["load_balancer_arn"], resources["target_group_arn"]} <= found
    for part in ("alb_security_group", "pods_security_group", "vpc"):
        assert any(arn.endswith(f"/{resources[part]}") for arn in found), part
    assert f"arn:aws:eks:{region}:123456789012:cluster/shop" in found
    assert f"arn:aws:rds:{region}:123456789012:cluster:{api.layout.cluster_name(region)}" in found
    template = resources["fis_templates"]["region-loss"]
    assert f"arn:aws:fis:{region}:123456789012:experiment-template/{template}" in found


def test_the_accelerator_is_tagged_where_it_lives(api: Any) -> None:
    assert tagged(api, "us-west-2") == {api.resources["accelerator_arn"]}


@pytest.mark.parametrize("region", ["eu-west-1", STANDBY])
def test_the_secret_is_in_both_regions(api: Any, region: str) -> None:
    value = api.client("secretsmanager", region).get_secret_value(SecretId=api.resources["secret"])["SecretString"]
    assert json.loads(value) == {"username": "shop", "password": "correct-horse"}


def lag(api: Any, region: str) -> list[float]:
    now = datetime.now(UTC)
    found = api.client("cloudwatch", region).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="AuroraGlobalDBReplicationLag",
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": api.layout.cluster_name(region)}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(seconds=5),
        Period=60,
        Statistics=["Average"],
    )
    return [datapoint["Average"] for datapoint in found["Datapoints"]]


def test_the_lag_is_the_plants_or_absent(api: Any) -> None:
    assert lag(api, STANDBY) == [12.5]
    api.plant.aurora["lag_ms"][STANDBY] = None
    assert lag(api, STANDBY) == []
    assert lag(api, "eu-west-1") == []


def test_the_lag_by_metric_data(api: Any) -> None:
    now = datetime.now(UTC)
    metric = {"Namespace": "AWS/RDS", "MetricName": "AuroraGlobalDBReplicationLag"}
    query = {"Id": "lag", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    found = api.client("cloudwatch", STANDBY).get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(seconds=5)
    )
    assert found["MetricDataResults"][0]["Values"] == [12.5]
