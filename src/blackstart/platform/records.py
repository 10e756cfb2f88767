"""Records of private zones, read and pointed elsewhere."""

from typing import Any

from blackstart.platform import aws
from blackstart.topology import Record, Topology


def value(topology: Topology, record: Record) -> str:
    """Return the name that the record points at. Raises ``LookupError`` when the zone has no such record."""
    found = _route53(topology).list_resource_record_sets(
        HostedZoneId=record.zone, StartRecordName=record.name, StartRecordType=record.type, MaxItems="1"
    )["ResourceRecordSets"]
    if not found or found[0]["Name"].rstrip(".") != record.name.rstrip("."):
        raise LookupError(f"zone {record.zone} has no {record.type} {record.name}")
    return str(found[0]["ResourceRecords"][0]["Value"]).rstrip(".")


def point(topology: Topology, zone: str, wanted: list[tuple[Record, str]]) -> None:
    """Point records of one zone at names, all in one batch: Route 53 applies it whole or not at all."""
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": record.name,
                "Type": record.type,
                "TTL": record.ttl_s,
                "ResourceRecords": [{"Value": name}],
            },
        }
        for record, name in wanted
    ]
    batch = {"Comment": "blackstart", "Changes": changes}
    _route53(topology).change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def _route53(topology: Topology) -> Any:
    return aws.client(topology, "route53", aws.ROUTE53_REGION)
