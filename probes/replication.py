"""The global database's replication, as the service itself describes it."""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import aurora
from blackstart.platform.setting import setting

__all__ = ["database_writer", "replicating"]


def database_writer(region: str = "standby", configuration: Configuration = None) -> str:
    """Return the region whose cluster takes writes.

    :param region: whose RDS API is asked: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    return aurora.describe(here.topology, here.topology.region_named(region)).writer


def replicating(region: str = "standby", configuration: Configuration = None) -> bool:
    """Return true when the cluster is available, no role change is under way and every reader is connected.

    It fails, rather than returns false, so that the journal says what is wrong.

    :param region: whose RDS API is asked: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    state = aurora.describe(here.topology, here.topology.region_named(region))
    if not state.settled:
        raise ActivityFailed(f"global cluster is {state.status}, role change {state.failover or 'none'}")
    if not state.replicating:
        apart = ", ".join(name for name in state.readers if state.synchronized.get(name) is False) or "no reader"
        raise ActivityFailed(f"replication is not connected: {apart}")
    return True
