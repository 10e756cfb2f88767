"""A load balancer's path to its pods. Cut, its health checks fail and the accelerator fails over by itself."""

from typing import Any

from chaoslib.types import Configuration

from blackstart.actions.rules import Block, block, unblock
from blackstart.platform import aws, entry
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError

__all__ = ["block_targets", "unblock_targets"]

MODULE = "blackstart.actions.targets"


def block_targets(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Revoke every egress rule of a region's load balancer (revertible: ``unblock_targets``): it reaches no pod.

    Proved by the service's own word on the targets' health and by what the load balancer answers.

    :param region: ``primary``, ``standby`` or a region's name
    """
    return block(setting(configuration), _block(region, configuration), _unreached)


def unblock_targets(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Put back the egress rules that ``block_targets`` revoked in this run; nothing revoked is fine.

    :param region: ``primary``, ``standby`` or a region's name
    """
    return unblock(setting(configuration), _block(region, configuration))


def _block(region: str, configuration: Configuration) -> Block:
    name = setting(configuration).topology.region_named(region)
    return Block(name, "egress", f"{MODULE}.block_targets", f"{MODULE}.unblock_targets")


def _unreached(here: Setting, region: str) -> str:
    group = here.topology.regions[region].alb.target_group
    health = aws.client(here.topology, "elbv2", region).describe_target_health(TargetGroupArn=group)
    states = [target["TargetHealth"]["State"] for target in health["TargetHealthDescriptions"]]
    if not states or "healthy" in states:
        raise NotProvedError(f"targets of {region} are {', '.join(states) or 'none'}: the cut is not seen")
    seen = entry.fault_at(here.topology, region)
    if seen is None:
        raise NotProvedError(f"the load balancer of {region} still answers as it should")
    return f"ELB calls all {len(states)} targets {', '.join(sorted(set(states)))}, and {seen}"
