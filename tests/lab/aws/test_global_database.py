"""RDS: roles and states are the plant's, failover and switchover go there."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


def arn(api: Any, region: str) -> str:
    return f"arn:aws:rds:{region}:123456789012:cluster:{api.layout.cluster_name(region)}"


def described(api: Any, region: str) -> dict[str, Any]:
    found = api.client("rds", region).describe_global_clusters(GlobalClusterIdentifier="shop")
    return dict(found["GlobalClusters"][0])


def writers(cluster: dict[str, Any]) -> list[str]:
    return [member["DBClusterArn"] for member in cluster["GlobalClusterMembers"] if member["IsWriter"]]


def code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_both_regions_describe_the_same_members(api: Any) -> None:
    first, second = described(api, PRIMARY), described(api, STANDBY)
    assert first == second
    assert writers(first) == [arn(api, PRIMARY)]
    assert first["Status"] == "available"
    assert "FailoverState" not in first
    primary, standby = first["GlobalClusterMembers"]
    assert primary["Readers"] == [arn(api, STANDBY)]
    assert standby["SynchronizationStatus"] == "connected"
    assert standby["GlobalWriteForwardingStatus"] == "disabled"


def test_clusters_and_instances_show_roles_and_endpoints(api: Any) -> None:
    rds = api.client("rds", PRIMARY)
    cluster = rds.describe_db_clusters(DBClusterIdentifier=api.layout.cluster_name(PRIMARY))["DBClusters"][0]
    assert (cluster["Endpoint"], cluster["ReaderEndpoint"], cluster["Port"]) == (
        api.layout.cluster_endpoint(PRIMARY),
        api.layout.reader_endpoint(PRIMARY),
        api.layout.ports.database,
    )
    assert [member["IsClusterWriter"] for member in cluster["DBClusterMembers"]] == [True, False]
    assert cluster["ReadReplicaIdentifiers"] == [arn(api, STANDBY)]
    instances = rds.describe_db_instances()["DBInstances"]
    assert [instance["Endpoint"]["Address"] for instance in instances] == [
        api.layout.instance_endpoint(PRIMARY, number) for number in (1, 2)
    ]
    assert {instance["DBInstanceStatus"] for instance in instances} == {"available"}
    other = api.client("rds", STANDBY).describe_db_clusters()["DBClusters"][0]
    assert other["ReplicationSourceIdentifier"] == arn(api, PRIMARY)
    assert [member["IsClusterWriter"] for member in other["DBClusterMembers"]] == [False]


def test_failover_moves_through_its_states_in_both_regions(api: Any) -> None:
    rds = api.client("rds", STANDBY)
    answer = rds.failover_global_cluster(
        GlobalClusterIdentifier="shop", TargetDbClusterIdentifier=arn(api, STANDBY), AllowDataLoss=True
    )["GlobalCluster"]
    assert api.plant.sent("/aurora/failover") == [
        {"target_region": STANDBY, "mode": "failover", "data_loss_allowed": True}
    ]
    expected = {
        "Status": "failing-over",
        "FromDbClusterArn": arn(api, PRIMARY),
        "ToDbClusterArn": arn(api, STANDBY),
        "IsDataLossAllowed": True,
    }
    assert answer["FailoverState"] == expected
    for region in (PRIMARY, STANDBY):
        assert described(api, region)["Status"] == "failing-over"
        assert described(api, region)["FailoverState"] == expected
    api.plant.finish_failover()
    for region in (PRIMARY, STANDBY):
        assert writers(described(api, region)) == [arn(api, STANDBY)]
        assert "FailoverState" not in described(api, region)
    cluster = rds.describe_db_clusters()["DBClusters"][0]
    assert [member["IsClusterWriter"] for member in cluster["DBClusterMembers"]] == [True]
    assert "ReplicationSourceIdentifier" not in cluster


def test_the_states_of_members_are_told(api: Any) -> None:
    api.plant.aurora["members"][1]["status"] = "promoting"
    api.plant.aurora["members"][0] |= {"status": "rejoining", "synchronization": "pending-resync", "role": "reader"}
    api.plant.aurora["members"][0]["instances"][0]["status"] = "rebooting"
    assert api.client("rds", STANDBY).describe_db_clusters()["DBClusters"][0]["Status"] == "promoting"
    assert api.client("rds", PRIMARY).describe_db_clusters()["DBClusters"][0]["Status"] == "modifying"
    assert described(api, STANDBY)["GlobalClusterMembers"][0]["SynchronizationStatus"] == "pending-resync"
    assert api.client("rds", PRIMARY).describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "rebooting"


def test_switchover_is_called_in_the_primary(api: Any) -> None:
    target = {"GlobalClusterIdentifier": "shop", "TargetDbClusterIdentifier": arn(api, STANDBY)}
    assert code(api.client("rds", STANDBY).switchover_global_cluster, **target) == "InvalidGlobalClusterStateFault"
    assert api.plant.sent("/aurora/failover") == []
    answer = api.client("rds", PRIMARY).switchover_global_cluster(**target)["GlobalCluster"]
    assert answer["Status"] == "switching-over"
    assert answer["FailoverState"]["IsDataLossAllowed"] is False
    assert api.plant.sent("/aurora/failover")[0]["mode"] == "switchover"


def test_failover_without_data_loss_is_a_switchover(api: Any) -> None:
    target = {"GlobalClusterIdentifier": "shop", "TargetDbClusterIdentifier": arn(api, STANDBY)}
    api.client("rds", STANDBY).failover_global_cluster(**target, Switchover=True)
    api.plant.reset()
    api.client("rds", STANDBY).failover_global_cluster(**target)
    assert api.plant.sent("/aurora/failover")[0] == {
        "target_region": STANDBY,
        "mode": "switchover",
        "data_loss_allowed": False,
    }


def test_failover_errors_are_those_of_rds(api: Any) -> None:
    failover = api.client("rds", STANDBY).failover_global_cluster
    target = arn(api, STANDBY)
    ask = {"AllowDataLoss": True}
    named = {"GlobalClusterIdentifier": "shop", "TargetDbClusterIdentifier": target}
    assert code(failover, **named | {"GlobalClusterIdentifier": "nope"}, **ask) == "GlobalClusterNotFoundFault"
    assert code(failover, **named | {"TargetDbClusterIdentifier": f"{target}x"}, **ask) == "DBClusterNotFoundFault"
    elsewhere = named | {"TargetDbClusterIdentifier": arn(api, PRIMARY)}
    assert code(failover, **elsewhere, **ask) == "DBClusterNotFoundFault"
    at_home = api.client("rds", PRIMARY).failover_global_cluster
    assert code(at_home, **elsewhere, **ask) == "InvalidGlobalClusterStateFault"
    assert code(failover, **named, AllowDataLoss=True, Switchover=True) == "InvalidParameterCombination"
    api.plant.conflict = "it is failing over already"
    with pytest.raises(api.client("rds", STANDBY).exceptions.ClientError, match="it is failing over already"):
        failover(**named, **ask)
    assert code(failover, **named, **ask) == "InvalidGlobalClusterStateFault"


def test_describe_filters(api: Any) -> None:
    rds = api.client("rds", STANDBY)
    assert code(rds.describe_global_clusters, GlobalClusterIdentifier="nope") == "GlobalClusterNotFoundFault"
    mine = [{"Name": "db-cluster-id", "Values": [arn(api, PRIMARY)]}]
    assert len(rds.describe_global_clusters(Filters=mine)["GlobalClusters"]) == 1
    others = [{"Name": "db-cluster-id", "Values": ["arn:aws:rds:eu-west-1:123456789012:cluster:other"]}]
    assert rds.describe_global_clusters(Filters=others)["GlobalClusters"] == []


def test_a_global_database_can_be_built_and_taken_apart(api: Any) -> None:
    here, there = api.client("rds", PRIMARY), api.client("rds", STANDBY)
    here.create_global_cluster(GlobalClusterIdentifier="other", Engine="aurora-postgresql")
    parts = {"Engine": "aurora-postgresql", "GlobalClusterIdentifier": "other"}
    here.create_db_cluster(DBClusterIdentifier="a", MasterUsername="u", MasterUserPassword="password", **parts)
    there.create_db_cluster(DBClusterIdentifier="b", **parts)
    protected = here.modify_global_cluster(GlobalClusterIdentifier="other", DeletionProtection=True)
    assert protected["GlobalCluster"]["DeletionProtection"] is True
    member = "arn:aws:rds:eu-central-1:123456789012:cluster:b"
    failover = {"GlobalClusterIdentifier": "other", "TargetDbClusterIdentifier": member}
    assert code(there.failover_global_cluster, **failover, AllowDataLoss=True) == "NotImplemented"
    assert code(here.delete_global_cluster, GlobalClusterIdentifier="other") == "InvalidGlobalClusterStateFault"
    for region, cluster in ((STANDBY, "b"), (PRIMARY, "a")):
        name = f"arn:aws:rds:{region}:123456789012:cluster:{cluster}"
        here.remove_from_global_cluster(GlobalClusterIdentifier="other", DbClusterIdentifier=name)
    here.modify_global_cluster(GlobalClusterIdentifier="other", DeletionProtection=False)
    here.delete_global_cluster(GlobalClusterIdentifier="other")
    here.delete_db_cluster(DBClusterIdentifier="a", SkipFinalSnapshot=True)
    there.delete_db_cluster(DBClusterIdentifier="b", SkipFinalSnapshot=True)
    assert len(here.describe_global_clusters()["GlobalClusters"]) == 1


def test_what_the_data_plane_would_not_follow_is_refused(api: Any) -> None:
    rds = api.client("rds", STANDBY)
    cluster, instance = api.layout.cluster_name(STANDBY), api.layout.instance_name(STANDBY, 1)
    member = {"GlobalClusterIdentifier": "shop", "DbClusterIdentifier": arn(api, STANDBY)}
    assert code(rds.remove_from_global_cluster, **member) == "NotImplemented"
    assert code(rds.delete_db_cluster, DBClusterIdentifier=cluster, SkipFinalSnapshot=True) == "NotImplemented"
    assert code(rds.modify_db_cluster, DBClusterIdentifier=cluster, Port=1) == "NotImplemented"
    assert code(rds.delete_db_instance, DBInstanceIdentifier=instance) == "NotImplemented"
    assert code(rds.reboot_db_instance, DBInstanceIdentifier=instance) == "NotImplemented"
    assert code(rds.stop_db_cluster, DBClusterIdentifier=cluster) == "NotImplemented"
    assert len(described(api, STANDBY)["GlobalClusterMembers"]) == 2


def test_nothing_without_a_data_plane_joins_what_has_one(api: Any) -> None:
    rds = api.client("rds", STANDBY)
    engine, served = {"Engine": "aurora-postgresql"}, described(api, STANDBY)["GlobalClusterArn"]
    for name in ("shop", served):
        joining = {"DBClusterIdentifier": "extra", "GlobalClusterIdentifier": name} | engine
        with pytest.raises(ClientError, match="rds:CreateDBCluster"):
            rds.create_db_cluster(**joining)
        assert code(rds.create_db_cluster, **joining) == "NotImplemented"
    for name in (api.layout.cluster_name(STANDBY), arn(api, STANDBY)):
        instance = {"DBInstanceIdentifier": "extra-1", "DBClusterIdentifier": name, "DBInstanceClass": "db.r6g.large"}
        assert code(rds.create_db_instance, **instance, **engine) == "NotImplemented"
    taken = {"GlobalClusterIdentifier": "extra", "SourceDBClusterIdentifier": arn(api, PRIMARY)}
    assert code(rds.create_global_cluster, **taken) == "NotImplemented"
    replica = {"DBClusterIdentifier": "extra", "ReplicationSourceIdentifier": arn(api, PRIMARY)}
    assert code(rds.create_db_cluster, **replica, **engine) == "NotImplemented"
    assert len(described(api, STANDBY)["GlobalClusterMembers"]) == 2
    assert len(rds.describe_db_clusters()["DBClusters"]) == len(rds.describe_db_instances()["DBInstances"]) == 1


def test_a_failover_inside_a_region_needs_no_target_and_moves_the_writers_mark(api: Any) -> None:
    rds, name = api.client("rds", PRIMARY), api.layout.cluster_name(PRIMARY)
    answer = rds.failover_db_cluster(DBClusterIdentifier=name)["DBCluster"]
    assert api.plant.sent(f"/aurora/writer/{PRIMARY}") == [{"instance": None}]
    assert (answer["DBClusterIdentifier"], answer["Status"]) == (name, "failing-over")
    assert described(api, PRIMARY)["Status"] == "available"
    api.plant.finish_writer_failover(PRIMARY)
    cluster = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    assert cluster["Status"] == "available"
    writes = {member["DBInstanceIdentifier"]: member["IsClusterWriter"] for member in cluster["DBClusterMembers"]}
    assert writes == {api.layout.instance_name(PRIMARY, 1): False, api.layout.instance_name(PRIMARY, 2): True}


def test_a_failover_inside_a_region_hands_on_its_target_and_the_plants_refusal(api: Any) -> None:
    rds, target = api.client("rds", PRIMARY), api.layout.instance_name(PRIMARY, 2)
    rds.failover_db_cluster(DBClusterIdentifier=arn(api, PRIMARY), TargetDBInstanceIdentifier=target)
    assert api.plant.sent(f"/aurora/writer/{PRIMARY}") == [{"instance": target}]
    api.plant.conflict = "none of its readers answers"
    name = api.layout.cluster_name(PRIMARY)
    assert code(rds.failover_db_cluster, DBClusterIdentifier=name) == "InvalidDBClusterStateFault"
    assert code(rds.failover_db_cluster, DBClusterIdentifier="nothing") == "DBClusterNotFoundFault"
    elsewhere = api.client("rds", STANDBY)
    assert code(elsewhere.failover_db_cluster, DBClusterIdentifier=name) == "DBClusterNotFoundFault"
