"""RDS: what is kept of an old primary is a cluster snapshot, and a cluster restored from it has the plant's server."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


@pytest.fixture
def rds(api: Any) -> Iterator[Any]:
    """RDS in the primary; what a test restored is deleted."""
    client = api.client("rds", PRIMARY)
    yield client
    api.plant.conflict = None
    for delete, name in (("delete_db_instance", "DBInstanceIdentifier"), ("delete_db_cluster", "DBClusterIdentifier")):
        with suppress(ClientError):
            getattr(client, delete)(**{name: "island"}, SkipFinalSnapshot=True)


def restore(rds: Any, snapshot: str) -> None:
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier="island", SnapshotIdentifier=snapshot, Engine="aurora-postgresql", EngineVersion="17.5"
    )
    rds.create_db_instance(
        DBInstanceIdentifier="island",
        DBClusterIdentifier="island",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )


def kept(api: Any, region: str = PRIMARY) -> list[Any]:
    """Return the snapshots that failovers left, as RDS describes them."""
    found = api.client("rds", region).describe_db_cluster_snapshots(
        DBClusterIdentifier=api.layout.cluster_name(region), SnapshotType="automated"
    )["DBClusterSnapshots"]
    return [one for one in found if one["DBClusterSnapshotIdentifier"].startswith("rds:unplanned-global-failover-")]


def status(rds: Any) -> str:
    return str(rds.describe_db_instances(DBInstanceIdentifier="island")["DBInstances"][0]["DBInstanceStatus"])


def test_there_is_none_before_a_failover(api: Any) -> None:
    assert kept(api) == []


def test_a_snapshot_is_described_where_the_old_primary_is(api: Any) -> None:
    name = api.plant.keep(PRIMARY, 49)
    (found,) = kept(api)
    assert (found["DBClusterSnapshotIdentifier"], found["Status"]) == (name, "available")
    assert found["SnapshotCreateTime"].replace(microsecond=0) == datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert found["TagList"] == [{"Key": "lab:commits-past-switch", "Value": "49"}]
    assert kept(api, STANDBY) == []
    api.plant.aurora["snapshots"] = []
    assert kept(api) == []


def test_what_could_not_be_counted_is_not_tagged_zero(api: Any) -> None:
    api.plant.keep(PRIMARY, None)
    assert kept(api)[0]["TagList"] == []


def test_a_restored_cluster_has_a_server_once_it_has_an_instance(api: Any, rds: Any) -> None:
    restore(rds, name := api.plant.keep(PRIMARY, 1))
    assert api.plant.sent("/aurora/restored/island") == [{"snapshot": name}]
    assert status(rds) == "creating"
    api.plant.aurora["restored"][0]["status"] = "available"
    assert status(rds) == "available"
    cluster = rds.describe_db_clusters(DBClusterIdentifier="island")["DBClusters"][0]
    assert cluster["Endpoint"] == api.layout.restored_endpoint(PRIMARY, "island")
    rds.delete_db_instance(DBInstanceIdentifier="island", SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier="island", SkipFinalSnapshot=True)
    assert ("DELETE", f"/aurora/restored/{PRIMARY}/island", None) in api.plant.calls
    assert all(one["DBClusterIdentifier"] != "island" for one in rds.describe_db_clusters()["DBClusters"])
    left = rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    assert all(one["DBClusterIdentifier"] != "island" for one in left)


def test_what_the_plant_refuses_leaves_no_instance(api: Any, rds: Any) -> None:
    name = api.plant.keep(PRIMARY, 1)
    api.plant.conflict = "the lab has room for one"
    with pytest.raises(ClientError, match="room for one"):
        restore(rds, name)
    assert all(one["DBInstanceIdentifier"] != "island" for one in rds.describe_db_instances()["DBInstances"])


def test_a_snapshot_of_something_else_has_no_data_to_restore(api: Any, rds: Any) -> None:
    with pytest.raises(ClientError):
        restore(rds, "rds:unplanned-global-failover-gone")
    assert api.plant.sent("/aurora/restored/island") == []
