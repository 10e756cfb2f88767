"""The failover's steps, each of which does nothing where it was done: capacity, database, names, traffic."""

from collections.abc import Callable
from typing import Any

from blackstart.lab.automation.clients import Clients
from blackstart.lab.automation.configuration import Configuration
from blackstart.lab.automation.workload import Workload
from blackstart.lab.layout import ACCOUNT, READER_NAME, SYSTEM, WRITER_NAME

GLOBAL = "us-east-1"
ACCELERATOR_HOME = "us-west-2"

Wait = Callable[[Callable[[], bool], str], None]
"""Returns once the condition holds; the text says what is waited for."""


class Failover:
    """Moves the system to the standby. Everything is called in the standby or in a global control plane."""

    def __init__(self, configuration: Configuration, clients: Clients) -> None:
        self._configuration, self._clients = configuration, clients
        self._standby = configuration.standby
        self._workload = Workload(clients, self._standby, configuration.state)

    @property
    def steps(self) -> tuple[tuple[str, Callable[[Wait], None]], ...]:
        return (
            ("scale the standby up", lambda _: self._workload.scale(self._configuration.specification.pods)),
            ("promote the standby's database", self._promote),
            ("point the records at the standby", lambda _: self._point()),
            ("wait for the standby's pods", self._capacity),
            ("turn the dials to the standby", lambda _: self._route()),
        )

    def warm(self) -> None:
        """Make the clients before they are needed, as a function that is kept warm has them."""
        for service in ("rds", "eks", "sts"):
            self._clients.of(service, self._standby)
        self._clients.of("route53", GLOBAL)
        self._clients.of("globalaccelerator", ACCELERATOR_HOME)

    def _promote(self, wait: Wait) -> None:
        """Force the global cluster over, unless the standby writes already or a change of roles is under way."""
        if not self._writes() and self._cluster()["Status"] == "available":
            name = self._configuration.layout.cluster_name(self._standby)
            self._clients.of("rds", self._standby).failover_global_cluster(
                GlobalClusterIdentifier=SYSTEM,
                TargetDbClusterIdentifier=f"arn:aws:rds:{self._standby}:{ACCOUNT}:cluster:{name}",
                AllowDataLoss=True,
            )
        wait(lambda: self._writes() and self._cluster()["Status"] == "available", "the standby to be the writer")

    def _cluster(self) -> dict[str, Any]:
        found = self._clients.of("rds", self._standby).describe_global_clusters(GlobalClusterIdentifier=SYSTEM)
        return dict(found["GlobalClusters"][0])

    def _writes(self) -> bool:
        members = self._cluster()["GlobalClusterMembers"]
        return any(member["IsWriter"] and f":{self._standby}:" in member["DBClusterArn"] for member in members)

    def _point(self) -> None:
        name = self._configuration.layout.cluster_name(self._standby)
        found = self._clients.of("rds", self._standby).describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
        pairs = ((WRITER_NAME, found["Endpoint"]), (READER_NAME, found["ReaderEndpoint"]))
        ttl_s = self._configuration.specification.timings.record_ttl_s
        self._clients.of("route53", GLOBAL).change_resource_record_sets(
            HostedZoneId=self._configuration.zone,
            ChangeBatch={"Changes": [_upsert(record, endpoint, ttl_s) for record, endpoint in pairs]},
        )

    def _capacity(self, wait: Wait) -> None:
        wanted = self._configuration.specification.pods
        wait(lambda: self._workload.ready() >= wanted, f"{wanted} ready pods")

    def _route(self) -> None:
        client = self._clients.of("globalaccelerator", ACCELERATOR_HOME)
        groups = client.list_endpoint_groups(ListenerArn=self._configuration.listener)["EndpointGroups"]
        for group in sorted(groups, key=lambda group: group["EndpointGroupRegion"] != self._standby):
            dial = 100.0 if group["EndpointGroupRegion"] == self._standby else 0.0
            if group["TrafficDialPercentage"] != dial:
                client.update_endpoint_group(EndpointGroupArn=group["EndpointGroupArn"], TrafficDialPercentage=dial)


def _upsert(name: str, value: str, ttl_s: int) -> dict[str, Any]:
    record = {"Name": name, "Type": "CNAME", "TTL": ttl_s, "ResourceRecords": [{"Value": value}]}
    return {"Action": "UPSERT", "ResourceRecordSet": record}
