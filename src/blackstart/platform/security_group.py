"""The rules of a load balancer's security group, read, taken away and put back, one direction at a time."""

from typing import Any, Literal

from blackstart.platform import aws
from blackstart.topology import Topology

Direction = Literal["ingress", "egress"]
Rules = list[dict[str, Any]]
"""IP permissions as EC2 describes them, without their empty parts."""

_FIELD = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


def rules(topology: Topology, region: str, direction: Direction) -> Rules:
    """Return the rules of the region's load balancer. Raises ``LookupError`` when the group is not there."""
    group = topology.regions[region].alb.security_group
    found = aws.client(topology, "ec2", region).describe_security_groups(GroupIds=[group])["SecurityGroups"]
    if not found:
        raise LookupError(f"security group {group} is not in {region}: mend regions.{region}.alb.security_group")
    return [_without_empty(rule) for rule in found[0].get(_FIELD[direction], [])]


def revoke(topology: Topology, region: str, direction: Direction, permissions: Rules) -> None:
    """Take rules away."""
    _change(topology, region, f"revoke_security_group_{direction}", permissions)


def authorize(topology: Topology, region: str, direction: Direction, permissions: Rules) -> None:
    """Put rules back."""
    _change(topology, region, f"authorize_security_group_{direction}", permissions)


def _change(topology: Topology, region: str, operation: str, permissions: Rules) -> None:
    group = topology.regions[region].alb.security_group
    getattr(aws.client(topology, "ec2", region), operation)(GroupId=group, IpPermissions=permissions)


def _without_empty(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if value not in ([], None)}
