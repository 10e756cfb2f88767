"""Which calls change the data plane, and what they set there.

An effect sends the whole of what it governs, computed from the control plane's state after the call. So the last
effect of several that run at once always leaves the plant with what the control plane says.
"""

import ipaddress
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from blackstart.lab.aws.accelerator import models
from blackstart.lab.aws.call import Call
from blackstart.lab.aws.context import Context
from blackstart.lab.layout import ACCOUNT, SYSTEM, ZONE

Effect = Callable[[Context, str], None]
"""Sends to the plant what a call in that region changed."""

PODS_GROUP = f"{SYSTEM}-pods"
"""The name of the pods' security group, in each region."""
_security = threading.Lock()
_names = threading.Lock()
_alarms = threading.Lock()


def of(call: Call) -> Effect | None:
    """Return what the call does to the data plane once it is accepted."""
    return _EFFECTS.get((call.service, call.operation))


def security(context: Context, region: str) -> None:
    """Send who may reach the region's load balancer, and whether it may reach its pods."""
    if region not in context.layout.regions:
        return
    with _security:
        balancer, pods = balancer_groups(region), _pods_groups(region)
        port = context.layout.ports.http
        context.plant.set_ingress(region, _callers(balancer, port))
        context.plant.set_path(region, is_open=_leads(balancer, pods, port))


def records(context: Context, region: str) -> None:
    """Send the served zone's records; Route 53 knows no regions."""
    del region
    with _names:
        zones = list(route53_backends[ACCOUNT]["aws"].zones.values())
        sets = [record for zone in zones if is_served(zone) for record in zone.rrsets]
        context.plant.set_records([_record(record) for record in sets if record.type not in {"NS", "SOA"}])


def alarms(context: Context, region: str) -> None:
    """Send whether each alarm acts, by region and name."""
    del region
    with _alarms:
        found = {r: list(cloudwatch_backends[ACCOUNT][r].alarms.values()) for r in context.layout.regions}
        acting = {f"{r}/{alarm.name}": bool(alarm.actions_enabled) for r, known in found.items() for alarm in known}
        context.plant.set_alarm_actions(acting)


def is_served(zone: Any) -> bool:
    """Return whether the lab's resolver answers from that hosted zone."""
    return bool(zone.private_zone) and zone.name.rstrip(".") == ZONE


def balancer_groups(region: str) -> list[Any]:
    """Return the security groups that the region's load balancer has."""
    balancers = list(elbv2_backends[ACCOUNT][region].load_balancers.values())
    ids = [group for balancer in balancers if balancer.name == SYSTEM for group in balancer.security_groups]
    groups = (ec2_backends[ACCOUNT][region].get_security_group_from_id(group) for group in ids)
    return [group for group in groups if group is not None]


def _pods_groups(region: str) -> list[Any]:

    return [g for g in ec2_backends[ACCOUNT][region].describe_security_groups() if g.name == PODS_GROUP]


def _callers(groups: Iterable[Any], port: int) -> list[str]:
    rules = (rule for group in groups for rule in group.ingress_rules if _covers(rule, port))
    return sorted({rule.cidr_ipv4 for rule in rules if rule.cidr_ipv4})


def _leads(balancer: list[Any], pods: list[Any], port: int) -> bool:
    """Return whether the balancer's groups may leave for the pods, and the pods' groups let them in."""
    return _lets(balancer, "egress_rules", pods, port) and _lets(pods, "ingress_rules", balancer, port)


def _lets(groups: list[Any], direction: str, peers: list[Any], port: int) -> bool:
    ids = {peer.id for peer in peers}
    rules = (rule for group in groups for rule in getattr(group, direction) if _covers(rule, port))
    return any(rule.source_group.get("GroupId") in ids or _is_inside(rule.cidr_ipv4) for rule in rules)


def _is_inside(cidr: str | None) -> bool:
    """Return whether the CIDR covers the whole VPC, whose addresses the balancer and the pods have."""
    return cidr is not None and ipaddress.IPv4Network(VPC_CIDR).subnet_of(ipaddress.IPv4Network(cidr, strict=False))


def _covers(rule: Any, port: int) -> bool:
    return bool(rule.ip_protocol == "-1" or (rule.ip_protocol == "tcp" and rule.from_port <= port <= rule.to_port))


def _record(record: Any) -> dict[str, Any]:
    if record.alias_target:
        return served(record.name, alias=record.alias_target["DNSName"])
    return served(record.name, record.type, int(record.ttl or 0), list(record.records))


def served(
    name: str, kind: str = "", ttl: int = 0, values: list[str] | None = None, alias: str | None = None
) -> dict[str, Any]:
    """Return a record as the resolver takes it. It follows names, so an alias is served as one."""
    if alias is not None:
        kind, ttl, values = "CNAME", 60, [alias]
    return {"name": name.rstrip(".") + ".", "type": kind, "ttl": ttl, "values": values or []}


def _accelerator(context: Context, region: str) -> None:

    del region
    models.send(context)


VPC_CIDR = "10.0.0.0/16"
_EFFECTS: dict[tuple[str, str], Effect] = {
    **dict.fromkeys(
        [
            ("ec2", "AuthorizeSecurityGroupIngress"),
            ("ec2", "AuthorizeSecurityGroupEgress"),
            ("ec2", "RevokeSecurityGroupIngress"),
            ("ec2", "RevokeSecurityGroupEgress"),
            ("ec2", "ModifySecurityGroupRules"),
            ("ec2", "DeleteSecurityGroup"),
            ("elasticloadbalancing", "SetSecurityGroups"),
        ],
        security,
    ),
    ("route53", "ChangeResourceRecordSets"): records,
    **dict.fromkeys(
        [
            ("monitoring", operation)
            for operation in ("PutMetricAlarm", "DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions")
        ],
        alarms,
    ),
    **dict.fromkeys(
        [
            ("globalaccelerator", operation)
            for operation in (
                "CreateAccelerator",
                "UpdateAccelerator",
                "DeleteAccelerator",
                "CreateListener",
                "DeleteListener",
                "CreateEndpointGroup",
                "UpdateEndpointGroup",
                "DeleteEndpointGroup",
                "AddEndpoints",
                "RemoveEndpoints",
            )
        ],
        _accelerator,
    ),
}
