"""What the global cluster looks like from outside."""

from typing import Any

from blackstart.lab.aurora.cluster import Cluster
from blackstart.lab.aurora.instance import Instance
from blackstart.lab.layout import SYSTEM


def describe(cluster: Cluster) -> dict[str, Any]:
    """Return the global cluster, its members and instances, the transition under way and the last one."""
    move, done = cluster.transition, cluster.completed
    regions = cluster.layout.regions
    return {
        "global_cluster": SYSTEM,
        "status": "available" if move is None else _verb(move.mode),
        "failover_state": None if move is None else move.as_json(),
        "members": [_member(cluster, region) for region in regions],
        "last_failover": None if done is None else done.as_json(),
        "failovers": [past.as_json() for past in cluster.past],
        "writer_failovers": [past.as_json() for past in cluster.takeovers],
        **cluster.snapshots.as_json(),
        "lag_ms": {region: _lag_ms(cluster, region) for region in regions},
    }


def _verb(mode: str) -> str:
    return "failing-over" if mode == "failover" else "switching-over"


def _member(cluster: Cluster, region: str) -> dict[str, Any]:
    layout = cluster.layout
    writes = region == cluster.writer
    return {
        "region": region,
        "cluster": layout.cluster_name(region),
        "role": "writer" if writes else "reader",
        "status": _status(cluster, region),
        "problem": cluster.problems.get(region),
        "synchronization": None if writes else "connected" if cluster.connected(region) else "pending-resync",
        "endpoint": layout.cluster_endpoint(region),
        "reader_endpoint": layout.reader_endpoint(region),
        "port": layout.ports.database,
        "instances": [_instance(cluster, instance) for instance in cluster.regions[region]],
    }


def _lag_ms(cluster: Cluster, region: str) -> float | None:
    return None if {region, cluster.writer} & cluster.lost else cluster.lag_ms(region)


def _status(cluster: Cluster, region: str) -> str:
    move = cluster.transition
    if region in cluster.lost:
        return "unreachable"
    if region in cluster.diverged:
        return "rejoining"
    if move is not None and region == move.to_region:
        return "promoting"
    if cluster.takeover is not None and region == cluster.takeover.region:
        return "failing-over"
    return "unreachable" if cluster.watch(region).reading is None else "available"


def _instance(cluster: Cluster, instance: Instance) -> dict[str, Any]:
    writes = instance.region == cluster.writer and instance is cluster.leader(instance.region)
    answers = cluster.answers(instance) and instance.region not in cluster.lost
    return {
        "id": instance.id,
        "role": "writer" if writes else "reader",
        "status": "available" if answers else "unreachable",
        "address": instance.address,
    }
