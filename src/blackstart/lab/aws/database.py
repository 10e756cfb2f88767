"""RDS with a global database whose roles, states and endpoints are the plant's, and that can be failed over."""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.rds.models import DBCluster, GlobalCluster, rds_backends
from moto.rds.responses import RDSResponse

from blackstart.lab.aws import membership, restored
from blackstart.lab.aws.context import current
from blackstart.lab.aws.plant import PlantRefused
from blackstart.lab.aws.refusals import Refused
from blackstart.lab.layout import ACCOUNT, SYSTEM

_NO_DATA_PLANE = "only the clusters that the lab began with have a database behind them"


class GlobalClusterNotFound(ServiceException):
    """No global cluster has that name."""

    code = "GlobalClusterNotFoundFault"


class DatabaseClusterNotFound(ServiceException):
    """No cluster has that name here."""

    code = "DBClusterNotFoundFault"


class InvalidGlobalClusterState(ServiceException):
    """The global database cannot do that now."""

    code = "InvalidGlobalClusterStateFault"


class InvalidClusterState(ServiceException):
    """The regional cluster, or the instance, cannot do that now."""

    code = "InvalidDBClusterStateFault"


class InvalidParameters(ServiceException):
    """The parameters contradict each other."""

    code = "InvalidParameterCombination"


class DatabaseResponse(RDSResponse):
    """One call to RDS."""

    # The global database.
    def describe_global_clusters(self) -> ActionResult:
        membership.synchronise()
        wanted = self.params.get("GlobalClusterIdentifier")
        clusters = [self._global_cluster(wanted)] if wanted else list(self.global_backend.global_clusters.values())
        for condition in self.params.get("Filters", []):
            clusters = [cluster for cluster in clusters if _matches(cluster, condition)]
        return ActionResult({"GlobalClusters": clusters})

    def failover_global_cluster(self) -> ActionResult:
        """Promote the target, called in its region: with AllowDataLoss at once, else as a switchover."""
        loss, switchover = bool(self.params.get("AllowDataLoss")), bool(self.params.get("Switchover"))
        if loss and switchover:
            raise InvalidParameters("AllowDataLoss and Switchover cannot both be specified")
        cluster, region = self._target()
        if loss and region != self.region:
            raise DatabaseClusterNotFound(f"DBCluster {self._target_name()} not found in {self.region}: call {region}")
        return self._move(cluster, region, "failover" if loss else "switchover", data_loss_allowed=loss)

    def switchover_global_cluster(self) -> ActionResult:
        """Swap the roles without loss; called in the primary's region."""
        cluster, region = self._target()
        primary = membership.primary_region(cluster)
        if primary != self.region:
            message = f"Global cluster {cluster.global_cluster_identifier} has its primary in {primary}: call it there"
            raise InvalidGlobalClusterState(message)
        return self._move(cluster, region, "switchover", data_loss_allowed=False)

    def modify_global_cluster(self) -> ActionResult:
        cluster = self._global_cluster(self.params["GlobalClusterIdentifier"])
        if any(self.params.get(name) is not None for name in ("NewGlobalClusterIdentifier", "EngineVersion")):
            raise NotImplementedError  # the plant would not follow
        cluster.deletion_protection = bool(self.params.get("DeletionProtection", cluster.deletion_protection))
        return ActionResult({"GlobalCluster": cluster})

    def delete_global_cluster(self) -> ActionResult:
        cluster = self._global_cluster(self.params["GlobalClusterIdentifier"])
        if cluster.deletion_protection:
            raise InvalidGlobalClusterState(f"{cluster.global_cluster_identifier} is protected against deletion")
        return super().delete_global_cluster()

    def remove_from_global_cluster(self) -> ActionResult:
        cluster = self._global_cluster(self.params["GlobalClusterIdentifier"])
        member = membership.find(cluster, self.params["DbClusterIdentifier"])
        if member is None:
            raise DatabaseClusterNotFound(f"DBCluster {self.params['DbClusterIdentifier']} is no member")
        if membership.is_served(member):
            raise NotImplementedError  # the plant cannot detach a cluster, and a success would be a lie
        cluster.members.remove(member)
        return ActionResult({"GlobalCluster": cluster})

    # Clusters and instances.
    def create_global_cluster(self) -> ActionResult:
        if source := self.params.get("SourceDBClusterIdentifier"):
            self._spare(source)
        return super().create_global_cluster()

    def create_db_cluster(self) -> ActionResult:
        """Create a cluster beside the global database that the plant runs; none can join that."""
        joined = self.params.get("GlobalClusterIdentifier")
        if joined and membership.is_served(self._global_cluster(joined)):
            raise Refused(_NO_DATA_PLANE)
        if source := self.params.get("ReplicationSourceIdentifier"):
            self._spare(source)
        return super().create_db_cluster()

    def create_db_instance(self) -> ActionResult:
        name = self.params.get("DBClusterIdentifier")
        if name:
            self._spare(name)
        answer = super().create_db_instance()
        if cluster := restored.find_cluster(self.region, name):
            try:
                restored.serve(self.region, cluster, self.params["DBInstanceIdentifier"])
            except PlantRefused as refusal:
                raise InvalidClusterState(refusal.code, str(refusal)) from refusal
        return answer

    def create_db_instance_read_replica(self) -> ActionResult:
        self._spare(self.params.get("SourceDBInstanceIdentifier") or self.params.get("SourceDBClusterIdentifier"))
        return super().create_db_instance_read_replica()

    def failover_db_cluster(self) -> ActionResult:
        """Make a reader of the cluster's own region its writer: the one that is named, else any."""
        cluster = self._regional_cluster(self.params["DBClusterIdentifier"])
        try:
            current().plant.fail_over_writer(self.region, self.params.get("TargetDBInstanceIdentifier"))
        except PlantRefused as refusal:
            raise InvalidClusterState(refusal.code, str(refusal)) from refusal
        membership.synchronise()
        return ActionResult({"DBCluster": cluster})

    def describe_db_clusters(self) -> ActionResult:
        membership.synchronise()
        return super().describe_db_clusters()

    def describe_db_instances(self) -> ActionResult:
        membership.synchronise()
        if self.region in current().layout.regions:
            restored.synchronise(self.region)
        return super().describe_db_instances()

    # What is left of an old primary.
    def describe_db_cluster_snapshots(self) -> ActionResult:
        if self.region in current().layout.regions:
            restored.synchronise(self.region)
        return super().describe_db_cluster_snapshots()

    def restore_db_cluster_from_snapshot(self) -> ActionResult:
        """Restore a cluster; it has a server once an instance was created in it, as on AWS."""
        names = (self.params["SnapshotIdentifier"], self.params["DBClusterIdentifier"])
        cluster = restored.restore(self.region, *names, self.params.get("Tags", []))
        if cluster is None:
            raise Refused(_NO_DATA_PLANE)
        return ActionResult({"DBCluster": cluster})

    def delete_db_cluster(self) -> ActionResult:
        self._spare(self.params["DBClusterIdentifier"])
        return super().delete_db_cluster()

    def modify_db_cluster(self) -> ActionResult:
        self._spare(self.params["DBClusterIdentifier"])
        return super().modify_db_cluster()

    def delete_db_instance(self) -> ActionResult:
        self._spare(self.params["DBInstanceIdentifier"])
        restored.end(self.region, self.params["DBInstanceIdentifier"])
        return super().delete_db_instance()

    def modify_db_instance(self) -> ActionResult:
        self._spare(self.params["DBInstanceIdentifier"])
        return super().modify_db_instance()

    def _spare(self, identifier: str) -> None:
        """Refuse what the plant would not follow: a change to a cluster or an instance that has a data plane."""
        backends = [rds_backends[ACCOUNT][region] for region in current().layout.regions]
        named = [one for each in backends for one in (*each.clusters.values(), *each.databases.values())]
        own = [one for one in named if membership.is_served(one)]
        if any(identifier == one.arn or (identifier == one.resource_id and one.region == self.region) for one in own):
            raise Refused("the lab runs this database and cannot change it")

    def _global_cluster(self, identifier: str) -> GlobalCluster:
        for cluster in self.global_backend.global_clusters.values():
            if identifier in {cluster.global_cluster_identifier, cluster.arn}:
                return cluster
        raise GlobalClusterNotFound(f"Global cluster {identifier} not found")

    def _regional_cluster(self, identifier: str) -> DBCluster:
        for cluster in rds_backends[ACCOUNT][self.region].clusters.values():
            if identifier in {cluster.db_cluster_identifier, cluster.arn}:
                if not membership.is_served(cluster):
                    raise Refused(_NO_DATA_PLANE)
                return cluster
        raise DatabaseClusterNotFound(f"DBCluster {identifier} not found in {self.region}")

    def _target_name(self) -> str:
        return str(self.params["TargetDbClusterIdentifier"])

    def _target(self) -> tuple[GlobalCluster, str]:
        cluster = self._global_cluster(self.params["GlobalClusterIdentifier"])
        membership.synchronise()
        member = membership.find(cluster, self._target_name())
        if member is None:
            message = f"DBCluster {self._target_name()} is no member of {cluster.global_cluster_identifier}"
            raise DatabaseClusterNotFound(message)
        if cluster.global_cluster_identifier != SYSTEM or not membership.is_served(member):
            raise Refused(_NO_DATA_PLANE)
        return cluster, str(member.region)

    def _move(self, cluster: GlobalCluster, region: str, mode: str, *, data_loss_allowed: bool) -> ActionResult:
        if region == membership.primary_region(cluster):
            raise InvalidGlobalClusterState(f"{self._target_name()} is the primary cluster already")
        try:
            current().plant.fail_over(region, mode, data_loss_allowed=data_loss_allowed)
        except PlantRefused as refusal:
            raise InvalidGlobalClusterState(refusal.code, str(refusal)) from refusal
        membership.synchronise()
        return ActionResult({"GlobalCluster": cluster})


def _matches(cluster: GlobalCluster, condition: dict[str, Any]) -> bool:
    if condition["Name"] != "db-cluster-id":
        raise InvalidParameters("InvalidParameterValue", f"Unrecognized filter name: {condition['Name']}")
    members = {name for member in cluster.members for name in (member.db_cluster_arn, member.db_cluster_identifier)}
    return not members.isdisjoint(condition["Values"])
