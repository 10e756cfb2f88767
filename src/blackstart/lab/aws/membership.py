"""What RDS describes, as the plant has it: who writes, who follows, what is moving, where they answer."""

from typing import Any

from moto.rds.models import DBCluster, DBInstanceClustered, GlobalCluster, rds_backends

from blackstart.lab.aws.context import current
from blackstart.lab.layout import ACCOUNT, SYSTEM

GLOBAL_REGION = "us-east-1"
"""Where moto keeps global clusters."""
_STATUS = {"rejoining": "modifying", "unreachable": "starting"}
"""The plant's words for a cluster's state that RDS has others for."""


class ServedCluster(DBCluster):
    """A cluster with a data plane. What the plant says of it is kept in ``seen``."""

    seen: dict[str, Any]

    @property
    def endpoint(self) -> str:
        return str(self.seen.get("endpoint") or current().layout.cluster_endpoint(self.region))

    @property
    def reader_endpoint(self) -> str:
        return str(self.seen.get("reader_endpoint") or current().layout.reader_endpoint(self.region))

    def designate_writer(self) -> None:
        """Leave the roles to the plant: a secondary cluster has no writer."""


class ServedInstance(DBInstanceClustered):
    """An instance with a data plane."""

    @property
    def address(self) -> str:
        number = int(self.db_instance_identifier.rpartition("-")[2])
        return current().layout.instance_endpoint(self.region, number)


class ServedGlobalCluster(GlobalCluster):
    """The global database that the plant runs."""

    failover_state: dict[str, Any] | None = None

    @property
    def global_cluster_members(self) -> list[dict[str, Any]]:
        return [self._member(cluster) for cluster in self.members]

    def _member(self, cluster: DBCluster) -> dict[str, Any]:
        forwarding = {} if cluster.is_writer else {"GlobalWriteForwardingStatus": "disabled"}
        synchronisation = getattr(cluster, "seen", {}).get("synchronization")
        return forwarding | {
            "DBClusterArn": cluster.db_cluster_arn,
            "Readers": self.readers if cluster.is_writer else [],
            "IsWriter": bool(cluster.is_writer),
            **({"SynchronizationStatus": synchronisation} if synchronisation else {}),
        }


def is_served(resource: object) -> bool:
    """Return whether the plant runs this cluster, instance or global database."""
    return isinstance(resource, ServedCluster | ServedInstance | ServedGlobalCluster)


def served_cluster() -> ServedGlobalCluster:
    """Return the global database that the plant runs."""
    cluster = rds_backends[ACCOUNT][GLOBAL_REGION].global_clusters[SYSTEM]
    assert isinstance(cluster, ServedGlobalCluster)
    return cluster


def find(cluster: GlobalCluster, identifier: str) -> DBCluster | None:
    """Return the member with that ARN or, for callers that give no ARN, that name."""
    for member in cluster.members:
        if identifier in {member.db_cluster_arn, member.db_cluster_identifier}:
            return member
    return None


def primary_region(cluster: GlobalCluster) -> str | None:
    """Return the region of the member that writes."""
    return next((str(member.region) for member in cluster.members if member.is_writer), None)


def synchronise() -> None:
    """Read the plant's global database into the objects that RDS describes."""
    aurora = current().plant.aurora()
    cluster = served_cluster()
    cluster.status = aurora["status"]
    cluster.failover_state = _failover_state(aurora.get("failover_state"))
    members = {member["cluster"]: member for member in aurora["members"]}
    writers = [_cluster_arn(member) for member in members.values() if member["role"] == "writer"]
    followers = [_cluster_arn(member) for member in members.values() if member["role"] != "writer"]
    for own in cluster.members:
        seen = members.get(own.db_cluster_identifier)
        if seen is not None and isinstance(own, ServedCluster):
            _read_cluster(own, seen, writers, followers)


def _read_cluster(cluster: ServedCluster, seen: dict[str, Any], writers: list[str], followers: list[str]) -> None:
    cluster.seen = seen
    cluster.is_writer = seen["role"] == "writer"
    cluster.status = _STATUS.get(seen["status"], seen["status"])
    cluster.port = seen.get("port") or cluster.port
    cluster.replication_source_identifier = None if cluster.is_writer else next(iter(writers), None)
    cluster.read_replica_identifiers = followers if cluster.is_writer else []
    databases = rds_backends[ACCOUNT][cluster.region].databases
    for instance in seen.get("instances", []):
        database = databases.get(instance["id"])
        if isinstance(database, ServedInstance):
            database.is_cluster_writer = instance["role"] == "writer"
            database.status = instance.get("status", "available")
            database.port = cluster.port


def _failover_state(state: dict[str, Any] | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "Status": state["status"],
        "FromDbClusterArn": _region_arn(state["from_region"]),
        "ToDbClusterArn": _region_arn(state["to_region"]),
        "IsDataLossAllowed": bool(state["data_loss_allowed"]),
    }


def _region_arn(region: str) -> str:
    return _arn(region, current().layout.cluster_name(region))


def _cluster_arn(member: dict[str, Any]) -> str:
    return _arn(member["region"], member["cluster"])


def _arn(region: str, cluster: str) -> str:
    return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{cluster}"
