"""A region's capacity: pods that are ready."""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import kubernetes
from blackstart.platform.setting import setting

__all__ = ["capacity_reached", "ready_pods"]


def ready_pods(region: str = "primary", configuration: Configuration = None) -> int:
    """Return how many of the region's serving pods are ready (and not on their way out).

    :param region: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    return sum(kubernetes.is_ready(pod) for pod in kubernetes.pods(here.topology, name))


def capacity_reached(region: str = "primary", configuration: Configuration = None) -> bool:
    """Return true when the region has as many ready pods as the topology wants of it; fails otherwise.

    :param region: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    wanted = here.topology.regions[here.topology.region_named(region)].kubernetes.replicas
    ready = ready_pods(region, configuration)
    if ready < wanted:
        raise ActivityFailed(f"{ready} of {wanted} pods ready in {here.topology.region_named(region)}")
    return True
