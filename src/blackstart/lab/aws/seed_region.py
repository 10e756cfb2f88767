"""One region's resources: network, security groups, load balancer, Kubernetes cluster, fault injection."""

import inspect
import math
from typing import Any

from moto.ec2.models import ec2_backends
from moto.eks.models import eks_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.fis.models import fis_backends

from blackstart.lab.aws import faults
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.effects import PODS_GROUP, VPC_CIDR
from blackstart.lab.aws.tagging import TAG_LIST, TAGS
from blackstart.lab.layout import ACCOUNT, SYSTEM
from blackstart.lab.specification import Specification

BALANCER_GROUP = f"{SYSTEM}-alb"
SHORTEST_LOSS_MIN = 15
SHORTEST_CHECK_S = 5
"""AWS knows no shorter interval of health checks; the lab's fast profile has one, and says this."""


def build(context: Context, region: str, role: str) -> dict[str, Any]:
    """Build the region; return what the topology needs to know of it."""
    vpc, subnets = _network(region)
    balancer_group, pods_group = _security_groups(context, region, vpc)
    balancer, target_group = _balancer(context, region, vpc, subnets, balancer_group)
    _cluster(context, region, role, subnets, pods_group)
    _cache(context, region)
    return {
        "vpc": vpc,
        "subnets": subnets,
        "load_balancer_arn": balancer,
        "target_group_arn": target_group,
        "alb_security_group": balancer_group,
        "pods_security_group": pods_group,
        "cluster": SYSTEM,
        "fis_templates": {
            "region-loss": _region_loss(context, region, role),
            "cache-loss": _cache_loss(context, region, role),
        },
    }


def _network(region: str) -> tuple[str, list[str]]:

    backend = ec2_backends[ACCOUNT][region]
    vpc = backend.create_vpc(VPC_CIDR)
    backend.create_tags([vpc.id], TAGS | {"Name": SYSTEM})
    subnets = []
    for number, zone in enumerate("abc"):
        subnet = backend.create_subnet(vpc.id, f"10.0.{number}.0/24", availability_zone=f"{region}{zone}")
        backend.create_tags([subnet.id], TAGS | {"Name": f"{SYSTEM}-{zone}"})
        subnets.append(subnet.id)
    return vpc.id, subnets


def _security_groups(context: Context, region: str, vpc: str) -> tuple[str, str]:

    backend = ec2_backends[ACCOUNT][region]
    port = str(context.layout.ports.http)
    named = {"Name": BALANCER_GROUP}
    balancer = backend.create_security_group(BALANCER_GROUP, "The load balancer", vpc, tags=TAGS | named)
    pods = backend.create_security_group(PODS_GROUP, "The pods", vpc, tags=TAGS | {"Name": PODS_GROUP})
    world = [{"CidrIp": "0.0.0.0/0", "Description": "Everybody"}]
    backend.authorize_security_group_ingress(balancer.id, "tcp", port, port, world)
    source = [{"GroupId": balancer.id, "UserId": ACCOUNT}]
    backend.authorize_security_group_ingress(pods.id, "tcp", port, port, [], source_groups=source)
    return balancer.id, pods.id


def _balancer(context: Context, region: str, vpc: str, subnets: list[str], group: str) -> tuple[str, str]:

    backend = elbv2_backends[ACCOUNT][region]
    port = str(context.layout.ports.http)
    timings = context.configuration.specification.timings
    balancer = backend.create_load_balancer(SYSTEM, [group], subnets, tags=TAG_LIST)
    balancer.dns_name = context.layout.alb_name(region)
    balancer.activate()
    target_group = backend.create_target_group(
        SYSTEM,
        vpc_id=vpc,
        protocol="HTTP",
        port=port,
        target_type="ip",
        healthcheck_protocol="HTTP",
        healthcheck_path="/readyz",
        healthcheck_interval_seconds=max(SHORTEST_CHECK_S, round(timings.alb_health_interval_s)),
        healthcheck_timeout_seconds=2,
        healthy_threshold_count=str(timings.alb_healthy_count),
        unhealthy_threshold_count=str(timings.alb_unhealthy_count),
        tags=TAG_LIST,
    )
    forward = [{"Type": "forward", "TargetGroupArn": target_group.arn}]
    backend.create_listener(balancer.arn, "HTTP", port, "", None, forward, tags=TAG_LIST)
    return balancer.arn, target_group.arn


def _cluster(context: Context, region: str, role: str, subnets: list[str], group: str) -> None:

    backend = eks_backends[ACCOUNT][region]
    network = {"subnetIds": subnets, "securityGroupIds": [group], "endpointPublicAccess": True}
    cluster = backend.create_cluster(SYSTEM, role, network, version="1.33", tags=dict(TAGS))
    address = context.configuration.kubernetes[region]
    cluster.endpoint = address.url
    cluster.certificate_authority = {"data": address.authority}
    backend.create_fargate_profile(SYSTEM, SYSTEM, [{"namespace": SYSTEM}], role, subnets, tags=dict(TAGS))


def _region_loss(context: Context, region: str, role: str) -> str:

    lost = context.configuration.primary
    lasts_min = loss_lasts_min(context.configuration.specification)
    kills = f"kills every process of {lost} and cuts every link to it"
    description = f"Region loss: {kills}, for at most {lasts_min} minutes"
    action = {
        "actionId": "lab:region:power-off",
        "description": description,
        "parameters": {"region": lost, "duration": f"PT{lasts_min}M"},
    }
    template = fis_backends[ACCOUNT][region].create_experiment_template(
        None, description, [{"source": "none"}], {}, {"lose-region": action}, role, TAGS | {"Name": "region-loss"}
    )
    return str(template["id"])


def _cache(context: Context, region: str) -> None:
    """Build the replication group that the region's cache is: one node, where clients find it."""
    layout = context.layout
    create = elasticache_backends[ACCOUNT][region].create_replication_group
    # Moto wants every argument given; None leaves the choice to it.
    arguments: dict[str, Any] = dict.fromkeys(inspect.signature(create).parameters)
    arguments |= {
        "replication_group_id": SYSTEM,
        "replication_group_description": "The catalogue's cache",
        "engine": "valkey",
        "num_cache_clusters": 1,
        "preferred_cache_cluster_azs": [f"{region}a"],
        "port": layout.ports.cache,
        "tags": TAG_LIST,
    }
    group = create(**arguments)
    endpoint = {"address": layout.cache_endpoint(region), "port": layout.ports.cache}
    for shard in group.node_groups:
        shard |= {"primary_endpoint": endpoint, "primary_endpoint_address": endpoint["address"]}


def _cache_loss(context: Context, region: str, role: str) -> str:

    lasts_min = loss_lasts_min(context.configuration.specification)
    description = f"Cache loss: kills every node of the cache in {region}, for at most {lasts_min} minutes"
    target = {
        "resourceType": faults.CACHE_TYPE,
        "resourceTags": dict(TAGS),
        "selectionMode": "ALL",
        "parameters": {faults.ZONE: f"{region}a"},
    }
    action = {
        "actionId": faults.CACHE,
        "description": description,
        "parameters": {"duration": f"PT{lasts_min}M"},
        "targets": {faults.CACHE_ROLE: "cache"},
    }
    actions, tags = {"lose-cache": action}, TAGS | {"Name": "cache-loss"}
    template = fis_backends[ACCOUNT][region].create_experiment_template(
        None, description, [{"source": "none"}], {"cache": target}, actions, role, tags
    )
    return str(template["id"])


def loss_lasts_min(specification: Specification) -> int:
    """Return for how many minutes a region is lost at most: ten times what recovery waits for, at least 15.

    A fault that ended by itself before the recovery was proved would put the old primary beside the new one.
    """
    timings = specification.timings
    checks_s = timings.alb_health_interval_s * (timings.alb_healthy_count + timings.alb_unhealthy_count)
    waits_s = specification.pod_start_s + timings.promotion_s + timings.accelerator_delay_s + timings.record_ttl_s
    recovery_s = waits_s + checks_s + specification.replication_delay_ms / 1000
    return max(SHORTEST_LOSS_MIN, math.ceil(10 * recovery_s / 60))
