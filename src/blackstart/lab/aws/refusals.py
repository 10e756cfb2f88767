"""Calls that moto would answer with success although nothing would happen in the lab: refused, with the reason."""

from blackstart.lab.aws.call import Call

_REFUSED: dict[str, dict[str, str]] = {
    "datasync": {"the lab copies no files": "StartTaskExecution"},
    "ecs": {"the lab has no ECS: its containers run in Kubernetes": "RunTask StartTask CreateService UpdateService"},
    "dynamodb": {"the lab's tables are not replicated": "CreateGlobalTable UpdateGlobalTable"},
    "ec2": {
        "the lab has no EC2 instances": "RunInstances CreateFleet RequestSpotInstances DescribeInstanceTypes "
        "DescribeInstanceTypeOfferings",
        "the lab has no network ACLs; block by security groups": "CreateNetworkAcl CreateNetworkAclEntry "
        "DeleteNetworkAclEntry ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
        "the lab's links cannot be changed through the API": "CreateRoute DeleteRoute ReplaceRoute "
        "ReplaceRouteTableAssociation DisassociateRouteTable",
    },
    "ecr": {"the lab's images are not replicated": "PutReplicationConfiguration"},
    "eks": {
        "the lab's Kubernetes clusters can only be changed through their own API": "CreateCluster DeleteCluster "
        "UpdateClusterConfig UpdateClusterVersion CreateNodegroup DeleteNodegroup UpdateNodegroupConfig "
        "CreateFargateProfile DeleteFargateProfile",
    },
    "elasticache": {
        "the lab's caches cannot be changed through the API": "CreateCacheCluster CreateReplicationGroup "
        "DeleteCacheCluster DeleteReplicationGroup ModifyReplicationGroup ModifyCacheParameterGroup "
        "ResetCacheParameterGroup",
    },
    "elasticloadbalancing": {
        "of the lab's load balancers only the security groups can be changed": "CreateLoadBalancer "
        "DeleteLoadBalancer CreateListener DeleteListener ModifyListener CreateRule DeleteRule ModifyRule "
        "SetRulePriorities SetSubnets SetIpAddressType CreateTargetGroup DeleteTargetGroup ModifyTargetGroup "
        "ModifyTargetGroupAttributes RegisterTargets DeregisterTargets",
    },
    "events": {"the lab's rules never fire": "PutRule PutTargets"},
    "monitoring": {"the lab evaluates alarms on one metric only": "PutCompositeAlarm PutAnomalyDetector"},
    "rds": {
        "the lab's databases can only be failed over, or switched over by their global cluster": "PromoteReadReplica "
        "PromoteReadReplicaDBCluster RebootDBCluster RebootDBInstance StartDBCluster StartDBInstance StopDBCluster "
        "StopDBInstance",
        "the lab's databases have fixed parameters": "ModifyDBParameterGroup ModifyDBClusterParameterGroup "
        "ResetDBParameterGroup ResetDBClusterParameterGroup",
    },
    "route53": {
        "the lab has no health checks": "CreateHealthCheck UpdateHealthCheck GetHealthCheckStatus",
        "the lab's resolver serves one private zone, to all of the lab": "CreateHostedZone DeleteHostedZone "
        "AssociateVPCWithHostedZone DisassociateVPCFromHostedZone CreateVPCAssociationAuthorization",
    },
    "ssm": {"the lab has no machines to command": "SendCommand StartAutomationExecution"},
    "states": {"the lab runs no state machines": "StartExecution StartSyncExecution"},
}
"""Signing name of a service → why → the names of the operations."""

_REASONS = {
    (service, operation): reason
    for service, reasons in _REFUSED.items()
    for reason, operations in reasons.items()
    for operation in operations.split()
}


_REPLICAS = {"ReplicaUpdates", "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicaMode"}


class Refused(NotImplementedError):  # noqa: N818 - a refusal is an answer, with the reason for the caller
    """The lab will not do this; the message says why."""


def of(call: Call) -> str | None:
    """Return why the lab will not do this, or None."""
    if call.service == "s3" and call.operation.startswith("PUT ") and "replication" in call.parameters:
        return "the lab's buckets are not replicated"
    if (call.service, call.operation) == ("dynamodb", "UpdateTable") and not _REPLICAS.isdisjoint(call.parameters):
        return "the lab's tables are not replicated"
    return _REASONS.get((call.service, call.operation))
