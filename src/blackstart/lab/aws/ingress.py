"""Rules of the load balancer's security groups that the edge could not follow: it goes by IPv4 ranges alone."""

import re
from typing import Any

from moto.ec2.models import ec2_backends

from blackstart.lab.aws.call import Call
from blackstart.lab.aws.effects import balancer_groups
from blackstart.lab.layout import ACCOUNT

_REASON = "the lab's load balancers let clients in by IPv4 ranges only"
_RULES = {"AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"}
_OTHERS = re.compile(r"Ipv6|\.Groups\.|UserIdGroupPairs|ReferencedGroupId|PrefixList|SourceSecurityGroup")
"""Fields of a rule whose source is no IPv4 range."""


def unserved(call: Call) -> str | None:
    """Return why the lab will not do this, or None: no such rule gets into a group that a load balancer has."""
    if call.service == "ec2" and call.operation in _RULES:
        names = {call.parameters.get("GroupId"), call.parameters.get("GroupName")}
        held = any(names & {group.id, group.name} for group in balancer_groups(call.region))
        return _REASON if held and any(map(_OTHERS.search, call.parameters)) else None
    if (call.service, call.operation) == ("elasticloadbalancing", "SetSecurityGroups"):
        ids = [value for name, value in call.parameters.items() if name.startswith("SecurityGroups.")]
        return None if all(_is_plain(call.region, each) for each in ids) else _REASON
    return None


def _is_plain(region: str, group_id: str) -> bool:
    group: Any = ec2_backends[ACCOUNT][region].get_security_group_from_id(group_id)
    return group is None or all(rule.cidr_ipv4 for rule in group.ingress_rules)
