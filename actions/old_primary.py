"""The old primary's last state, restored beside the system so that it can be read; and the end of what was restored.

After an unplanned failover Aurora keeps what the old primary held in a snapshot, as well as it can, before the old
primary is rebuilt. A cluster restored from it is an island: nothing replicates to or from it, and no client knows it.
"""

from typing import Any

from botocore.exceptions import ClientError
from chaoslib.types import Configuration

from blackstart.events import event_log
from blackstart.platform import aurora, aws
from blackstart.platform.aurora import Kept
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import FILE, Call, Intent, read

__all__ = ["discard_old_primary", "restore_old_primary"]

MODULE = "blackstart.actions.old_primary"
GONE = ("DBClusterNotFoundFault", "DBInstanceNotFound", "DBInstanceNotFoundFault")


def restore_old_primary(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Restore what the service kept of the old primary (revertible: ``discard_old_primary``); best effort.

    Where nothing was promoted, or the service kept nothing, nothing is done, and the record says why.

    :param region: ``primary``, ``standby`` or a region's name: whose database was deposed
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    kept, why = _kept(here, name)
    if kept is None:
        event_log(here.run_dir).record("old_primary", read=False, region=name, why=why)
        return {"evidence": f"nothing was restored: {why}"}
    event_log(here.run_dir).record("old_primary", snapshot=kept.name, region=name, **_engine_gap(here, kept))
    intent = Intent(
        call=Call(f"{MODULE}.restore_old_primary", {"region": name}),
        subject=f"cluster {aurora.restored_name(here.mark)}",
        target=f"snapshot {kept.name} in {name}",
        kind="revertible",
        role="evidence",
        layer="evidence",
        before={"cluster": None},
        inverse=Call(f"{MODULE}.discard_old_primary", {"region": name}),
    )
    return act(
        here, intent, lambda: _restore(here, name, kept), lambda: eventually(here, lambda: _available(here, name))
    )


def discard_old_primary(region: str = "primary", configuration: Configuration = None) -> dict[str, Any]:
    """Delete the cluster that this run restored; one that is not there is fine. The snapshot stays the service's.

    :param region: ``primary``, ``standby`` or a region's name: where it was restored
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    call = Call(f"{MODULE}.discard_old_primary", {"region": name})
    if not any(entry.open and entry.intent.inverse == call for entry in read(here.run_dir / FILE)):
        return {"evidence": "nothing was restored: nothing to do"}
    intent = Intent(
        call=call,
        subject=f"cluster {aurora.restored_name(here.mark)}",
        target=f"cluster {aurora.restored_name(here.mark)} in {name}",
        kind="revertible",
        role="undo",
        layer="evidence",
        before={},
        inverse=None,
    )
    return act(here, intent, lambda: _delete(here, name), lambda: eventually(here, lambda: _gone(here, name)))


def _kept(here: Setting, region: str) -> tuple[Kept | None, str]:
    """Return what the service kept, as soon as it is there; else why there is nothing."""
    promoted = [e for e in read(here.run_dir / FILE) if e.intent.layer == "data" and (e.acted or e.proved)]
    if not promoted:
        return None, "nothing was promoted, so there is no old primary"
    found: list[Kept] = []

    def there() -> str:
        kept = aurora.kept_of_old_primary(here.topology, region, here.began)
        if kept is None:
            raise NotProvedError(f"the service kept no snapshot of the old primary in {region}")
        found.append(kept)
        return kept.name

    try:
        eventually(here, there)
    except NotProvedError as error:
        return None, str(error)
    return found[-1], ""


def _engine_gap(here: Setting, kept: Kept) -> dict[str, Any]:
    """Return how many transactions the new primary never had, where a tag of the snapshot says so: AWS has none."""
    tag = here.topology.database.engine_gap_tag
    said = kept.tags.get(tag or "", "")
    if not said.isdigit():
        return {"transactions_past_switch": None, "source": None}
    return {"transactions_past_switch": int(said), "source": f"tag {tag} of {kept.name}"}


def _restore(here: Setting, region: str, kept: Kept) -> None:
    """Restore where the old primary is, in its subnets and with its security groups, with one instance of its class."""
    rds, name = aws.client(here.topology, "rds", region), aurora.restored_name(here.mark)
    old = rds.describe_db_clusters(DBClusterIdentifier=here.topology.regions[region].database.cluster)["DBClusters"][0]
    tags = [{"Key": "blackstart-run", "Value": here.mark}]
    place = {"DBSubnetGroupName": old["DBSubnetGroup"]} if old.get("DBSubnetGroup") else {}
    groups = [group["VpcSecurityGroupId"] for group in old.get("VpcSecurityGroups", [])]
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier=name,
        SnapshotIdentifier=kept.name,
        Engine=kept.engine,
        EngineVersion=kept.version,
        Tags=tags,
        **place,
        **({"VpcSecurityGroupIds": groups} if groups else {}),
    )
    members = [member["DBInstanceIdentifier"] for member in old["DBClusterMembers"]]
    model = rds.describe_db_instances(DBInstanceIdentifier=members[0])["DBInstances"][0]["DBInstanceClass"]
    rds.create_db_instance(
        DBInstanceIdentifier=name, DBClusterIdentifier=name, DBInstanceClass=model, Engine=kept.engine, Tags=tags
    )


def _available(here: Setting, region: str) -> str:
    rds, name = aws.client(here.topology, "rds", region), aurora.restored_name(here.mark)
    status = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceStatus"]
    if status != "available":
        raise NotProvedError(f"the restored instance {name} is {status}")
    return f"{name} is available"


def _delete(here: Setting, region: str) -> None:
    rds, name = aws.client(here.topology, "rds", region), aurora.restored_name(here.mark)
    _unless_gone(lambda: rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True))
    _unless_gone(lambda: rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True))


def _unless_gone(call: Any) -> None:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise


def _gone(here: Setting, region: str) -> str:
    rds, name = aws.client(here.topology, "rds", region), aurora.restored_name(here.mark)
    try:
        status = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"]
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return f"{name} is gone"
        raise
    raise NotProvedError(f"the restored cluster {name} is still {status}")
