"""What RDS keeps of an old primary after an unplanned failover, and the clusters that are restored from it."""

from datetime import UTC, datetime
from typing import Any

from moto.rds.models import DBCluster, DBClusterSnapshot, DBInstanceClustered, RDSBackend, rds_backends

from blackstart.lab.aws.context import current
from blackstart.lab.layout import ACCOUNT, COMMITS_TAG


class RestoredCluster(DBCluster):
    """A cluster that was restored from a snapshot; its first instance brings the server."""

    snapshot: str

    @property
    def endpoint(self) -> str:
        return current().layout.restored_endpoint(self.region, self.db_cluster_identifier)


class RestoredInstance(DBInstanceClustered):
    """The instance of a restored cluster."""


def synchronise(region: str) -> None:
    """Read what the plant kept and restored in a region into the objects that RDS describes."""
    aurora, backend = current().plant.aurora(), _backend(region)
    kept = {each["name"]: each for each in aurora.get("snapshots", []) if each["region"] == region}
    for name in [name for name, one in backend.cluster_snapshots.items() if isinstance(one, _Kept)]:
        if name not in kept:
            del backend.cluster_snapshots[name]
    for name, each in kept.items():
        if name not in backend.cluster_snapshots:
            backend.cluster_snapshots[name] = _snapshot(backend, each)
    states = {each["cluster"]: each["status"] for each in aurora.get("restored", [])}
    for instance in backend.databases.values():
        if isinstance(instance, RestoredInstance):
            instance.status = states.get(str(instance.db_cluster_identifier), "failed")


def restore(region: str, snapshot: str, cluster: str, tags: list[dict[str, str]]) -> DBCluster | None:
    """Create a cluster from a snapshot that the plant kept; None where that snapshot is none of the plant's."""
    synchronise(region)
    backend = _backend(region)
    kept = backend.cluster_snapshots.get(snapshot)
    if not isinstance(kept, _Kept):
        return None
    made = backend.create_db_cluster(
        {
            "db_cluster_identifier": cluster,
            "engine": kept.engine,
            "engine_version": kept.engine_version,
            "port": kept.port,
            "master_username": kept.master_username,
            "master_user_password": "that-of-the-snapshot",
            "storage_encrypted": kept.storage_encrypted,
            "tags": tags,
        }
    )
    made.__class__ = RestoredCluster
    assert isinstance(made, RestoredCluster)
    made.snapshot = snapshot
    # Moto makes up an automatic snapshot of each new cluster: nothing is behind it, and it would outlive the cluster.
    for name in [name for name, one in backend.cluster_snapshots.items() if one.db_cluster_identifier == cluster]:
        del backend.cluster_snapshots[name]
    return made


def find_cluster(region: str, identifier: str | None) -> RestoredCluster | None:
    """Return the restored cluster of that name."""
    found = _backend(region).clusters.get(identifier or "")
    return found if isinstance(found, RestoredCluster) else None


def serve(region: str, cluster: RestoredCluster, instance: str) -> None:
    """Start the server of a restored cluster, once its instance was created."""
    try:
        current().plant.restore_snapshot(cluster.snapshot, cluster.db_cluster_identifier)
    except Exception:
        _backend(region).delete_db_instance(instance)
        raise
    _backend(region).databases[instance].__class__ = RestoredInstance  # type: ignore[type-abstract] # moto marks it abstract


def end(region: str, instance: str) -> None:
    """End the server of a restored cluster, if the instance is one's."""
    found = _backend(region).databases.get(instance)
    if isinstance(found, RestoredInstance):
        current().plant.discard_restored(region, str(found.db_cluster_identifier))


class _Kept(DBClusterSnapshot):
    """A snapshot whose files the plant has."""


def _snapshot(backend: RDSBackend, each: dict[str, Any]) -> DBClusterSnapshot:
    cluster = backend.clusters[current().layout.cluster_name(each["region"])]
    commits = each["commits_past_switch"]
    tags = [] if commits is None else [{"Key": COMMITS_TAG, "Value": str(commits)}]
    made = _Kept(backend, cluster, each["name"], "automated", tags)
    made.created = datetime.fromisoformat(each["created"]).astimezone(UTC).replace(tzinfo=None)
    return made


def _backend(region: str) -> RDSBackend:
    backend: RDSBackend = rds_backends[ACCOUNT][region]
    return backend
