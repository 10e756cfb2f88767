"""A load balancer's ingress: who may open connections to it. Revoked, clients hang while its targets stay healthy."""

from typing import Any

from chaoslib.types import Configuration

from blackstart.actions.rules import Block, block, unblock
from blackstart.platform import entry
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError

__all__ = ["block_ingress", "unblock_ingress"]

MODULE = "blackstart.actions.ingress"

SILENCES = 2
"""So many failures in a row make a silence: one may be a lost packet."""


def block_ingress(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Revoke every ingress rule of a region's load balancer (revertible: ``unblock_ingress``), and prove the silence.

    The load balancer's targets stay healthy, so that no health check sees this outage.

    :param region: ``primary``, ``standby`` or a region's name
    """
    return block(setting(configuration), _block(region, configuration), _silent)


def unblock_ingress(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Put back the ingress rules that ``block_ingress`` revoked in this run; nothing revoked is fine.

    :param region: ``primary``, ``standby`` or a region's name
    """
    return unblock(setting(configuration), _block(region, configuration))


def _block(region: str, configuration: Configuration) -> Block:
    name = setting(configuration).topology.region_named(region)
    return Block(name, "ingress", f"{MODULE}.block_ingress", f"{MODULE}.unblock_ingress")


def _silent(here: Setting, region: str) -> str:
    seen = [entry.fault_at(here.topology, region) for _ in range(SILENCES)]
    if None in seen:
        raise NotProvedError(f"the load balancer of {region} still answers as it should")
    return str(seen[-1])
