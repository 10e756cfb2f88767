"""The private records by which applications find the database."""

from typing import Any

import dns.exception
from chaoslib.types import Configuration

from blackstart.platform import aurora, aws, names
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import Call, Intent
from blackstart.topology import Record

__all__ = ["point_records"]


def point_records(region: str = "standby", configuration: Configuration = None) -> dict[str, Any]:
    """Point the writer's and readers' records at a region's database (revertible: the region they point at now).

    A topology that names the global endpoint has no records to point: Aurora moves that one itself.

    :param region: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    target = here.topology.region_named(region)
    wanted = _wanted(here, target)
    if not wanted:
        return {"evidence": "the topology names global endpoints: there are no records to point"}
    before = {name: _value(here, record) for name, (record, _) in wanted.items()}
    if before == {name: endpoint for name, (_, endpoint) in wanted.items()}:
        return {"evidence": eventually(here, lambda: _answers(here, wanted))}
    intent = Intent(
        call=Call("blackstart.actions.records.point_records", {"region": target}),
        target=f"records {', '.join(sorted(wanted))}: to {target}",
        kind="revertible",
        role="recovery",
        layer="names",
        before=before,
        inverse=Call("blackstart.actions.records.point_records", {"region": _region_of(here, before)}),
    )

    def call() -> None:
        for record, value in wanted.values():
            _change(here, record, value)

    return act(here, intent, call, lambda: eventually(here, lambda: _answers(here, wanted)))


def _wanted(here: Setting, region: str) -> dict[str, tuple[Record, str]]:
    """Return each record's name with the record and the endpoint that it shall name."""
    writer, readers = here.topology.database.writer, here.topology.database.readers
    found: dict[str, tuple[Record, str]] = {}
    endpoints = aurora.endpoints(here.topology, region)
    for name, endpoint in ((writer, endpoints.writer), *((reader, endpoints.reader) for reader in readers)):
        if name.record:
            found[name.record.name] = (name.record, endpoint)
    return found


def _region_of(here: Setting, before: dict[str, str]) -> str:
    """Return the region whose cluster the records name now; endpoints carry the region in their name."""
    for region in here.topology.regions:
        if all(f".{region}." in value for value in before.values()):
            return region
    raise LookupError(f"records do not all name one region's database ({before}): put them right first")


def _route53(here: Setting) -> Any:
    return aws.client(here.topology, "route53", aws.ROUTE53_REGION)


def _value(here: Setting, record: Record) -> str:
    found = _route53(here).list_resource_record_sets(
        HostedZoneId=record.zone, StartRecordName=record.name, StartRecordType=record.type, MaxItems="1"
    )["ResourceRecordSets"]
    if not found or found[0]["Name"].rstrip(".") != record.name.rstrip("."):
        raise LookupError(f"record {record.name} is not in zone {record.zone}: mend database.writer in the topology")
    return str(found[0]["ResourceRecords"][0]["Value"]).rstrip(".")


def _change(here: Setting, record: Record, value: str) -> None:
    resource = {
        "Name": record.name,
        "Type": record.type,
        "TTL": record.ttl_s,
        "ResourceRecords": [{"Value": value}],
    }
    _route53(here).change_resource_record_sets(
        HostedZoneId=record.zone,
        ChangeBatch={"Comment": "blackstart", "Changes": [{"Action": "UPSERT", "ResourceRecordSet": resource}]},
    )


def _answers(here: Setting, wanted: dict[str, tuple[Record, str]]) -> str:
    for name, (_, endpoint) in wanted.items():
        try:
            seen, meant = names.address(here.topology, name), names.address(here.topology, endpoint)
        except (names.NameNotFoundError, dns.exception.DNSException) as error:
            raise NotProvedError(str(error)) from error
        if seen != meant:
            raise NotProvedError(f"{name} resolves to {seen}, not to {endpoint} ({meant})")
    return f"{', '.join(sorted(wanted))} resolve to the new endpoints"
