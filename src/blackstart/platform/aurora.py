"""The Aurora global database, read as the RDS API shows it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from blackstart.platform import aws
from blackstart.topology import Topology


@dataclass(frozen=True)
class GlobalDatabase:
    """A global cluster's state: who writes, who follows, and whether a role change is under way.

    ``writer`` and ``readers`` are region names; ``synchronized`` says of each reader's region whether the service
    calls it connected (null where the service does not say).
    """

    status: str
    failover: str | None
    writer: str
    readers: tuple[str, ...]
    synchronized: dict[str, bool | None]

    @property
    def settled(self) -> bool:
        """True when the cluster is available and no role change is under way."""
        return self.status == "available" and self.failover is None

    @property
    def replicating(self) -> bool:
        """True when there is a reader and every one of them is connected."""
        return bool(self.readers) and all(self.synchronized.get(region) is not False for region in self.readers)


def cluster_arn(topology: Topology, region: str) -> str:
    """Return the ARN of the region's cluster."""
    owner = topology.regions[region]
    return f"arn:aws:rds:{region}:{owner.account}:cluster:{owner.database.cluster}"


def describe(topology: Topology, region: str) -> GlobalDatabase:
    """Ask the RDS API of ``region``. Raises ``LookupError`` when there is no such global cluster."""
    name = topology.database.global_cluster
    found = aws.client(topology, "rds", region).describe_global_clusters(GlobalClusterIdentifier=name)
    clusters = [c for c in found["GlobalClusters"] if c["GlobalClusterIdentifier"] == name]
    if not clusters:
        raise LookupError(f"global cluster {name!r} is not in {region}: mend database.global_cluster in the topology")
    return _read(clusters[0])


def _read(cluster: dict[str, Any]) -> GlobalDatabase:
    members = {_region(m["DBClusterArn"]): m for m in cluster["GlobalClusterMembers"]}
    writers = [region for region, member in members.items() if member["IsWriter"]]
    if len(writers) != 1:
        raise LookupError(f"global cluster has {len(writers)} writers ({', '.join(writers) or 'none'}), not one")
    readers = tuple(sorted(set(members) - set(writers)))
    return GlobalDatabase(
        status=cluster["Status"],
        failover=(cluster.get("FailoverState") or {}).get("Status"),
        writer=writers[0],
        readers=readers,
        synchronized={region: _connected(members[region]) for region in readers},
    )


def _connected(member: dict[str, Any]) -> bool | None:
    status = member.get("SynchronizationStatus")
    return None if status is None else status == "connected"


def _region(arn: str) -> str:
    return str(arn).split(":")[3]


@dataclass(frozen=True)
class Endpoints:
    """The names of a regional cluster's endpoints."""

    writer: str
    reader: str


def endpoints(topology: Topology, region: str) -> Endpoints:
    """Return the names of the region's cluster and reader endpoints."""
    name = topology.regions[region].database.cluster
    found = aws.client(topology, "rds", region).describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return Endpoints(found["Endpoint"], found["ReaderEndpoint"])


@dataclass(frozen=True)
class Instances:
    """The instances of a regional cluster: the one that writes, the others, and each one's status."""

    status: str
    writer: str
    readers: tuple[str, ...]
    states: dict[str, str]


def instances(topology: Topology, region: str) -> Instances:
    """Return the instances of the region's cluster. Raises ``LookupError`` when not exactly one of them writes."""
    name = topology.regions[region].database.cluster
    rds = aws.client(topology, "rds", region)
    cluster = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    writes = {member["DBInstanceIdentifier"]: member["IsClusterWriter"] for member in cluster["DBClusterMembers"]}
    writers = [instance for instance, is_writer in writes.items() if is_writer]
    if len(writers) != 1:
        raise LookupError(f"cluster {name} has {len(writers)} writers ({', '.join(writers) or 'none'}), not one")
    named = [{"Name": "db-cluster-id", "Values": [name]}]
    found = rds.describe_db_instances(Filters=named)["DBInstances"]
    return Instances(
        status=cluster["Status"],
        writer=writers[0],
        readers=tuple(sorted(set(writes) - set(writers))),
        states={instance["DBInstanceIdentifier"]: instance["DBInstanceStatus"] for instance in found},
    )


UNPLANNED = "rds:unplanned-global-failover-"
"""How the service begins the name of the snapshot that it keeps of an old primary, as well as it can."""


@dataclass(frozen=True)
class Kept:
    """What the service kept of a region's cluster before it rejoined: a cluster snapshot. ``tags`` by their keys."""

    name: str
    engine: str
    version: str
    tags: dict[str, str]


def restored_name(mark: str) -> str:
    """Return the identifier of the cluster, and of its instance, that the run with that mark restores."""
    # An identifier has 63 characters at most, and no two hyphens in a row: a mark may have both.
    return f"blackstart-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"


def kept_of_old_primary(topology: Topology, region: str, since: datetime) -> Kept | None:
    """Return the newest whole snapshot that an unplanned failover since then left of the region's cluster."""
    cluster = topology.regions[region].database.cluster
    rds = aws.client(topology, "rds", region)
    pages = rds.get_paginator("describe_db_cluster_snapshots").paginate(
        DBClusterIdentifier=cluster, SnapshotType="automated"
    )
    found = [
        each
        for page in pages
        for each in page["DBClusterSnapshots"]
        if each["DBClusterSnapshotIdentifier"].startswith(UNPLANNED)
        and each["Status"] == "available"
        and each["SnapshotCreateTime"] >= since
    ]
    if not found:
        return None
    newest = max(found, key=lambda each: each["SnapshotCreateTime"])
    return Kept(
        name=newest["DBClusterSnapshotIdentifier"],
        engine=newest["Engine"],
        version=newest["EngineVersion"],
        tags={tag["Key"]: tag["Value"] for tag in newest.get("TagList", [])},
    )


def restored_endpoint(topology: Topology, region: str, mark: str) -> str | None:
    """Return the endpoint of the cluster that the run with that mark restored; None where there is none."""
    try:
        found = aws.client(topology, "rds", region).describe_db_clusters(DBClusterIdentifier=restored_name(mark))
    except ClientError as error:
        if error.response["Error"]["Code"] == "DBClusterNotFoundFault":
            return None
        raise
    return str(found["DBClusters"][0]["Endpoint"])
