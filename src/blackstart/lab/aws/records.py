"""Route 53 that takes a batch of changes as a whole, and none that contradicts what is there.

moto compares a change with the zone's history, so that a second CREATE makes a second record and a DELETE of an
old value deletes the new one.
"""

from typing import Any, cast

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.route53.models import FakeZone
from moto.route53.responses import Route53

from blackstart.lab.aws import effects
from blackstart.lab.aws.refusals import Refused
from blackstart.outcome import UsageError

Key = tuple[str, str]
"""Name with its final dot, type."""
Content = tuple[Any, ...]
"""Time to live and values, or the alias's target."""
_POLICIES = (
    "SetIdentifier",
    "Weight",
    "Region",
    "Failover",
    "GeoLocation",
    "GeoProximityLocation",
    "MultiValueAnswer",
    "HealthCheckId",
    "CidrRoutingConfig",
    "TrafficPolicyInstanceId",
)


class InvalidChangeBatch(ServiceException):
    """A change of the batch contradicts the zone: none was made."""

    code = "InvalidChangeBatch"


class RecordsResponse(Route53):
    """One call to Route 53."""

    def change_resource_record_sets(self) -> ActionResult:
        zone = self.backend.get_hosted_zone(self._get_param("HostedZoneId"))
        held = {_key(record.name, str(record.type)): _content_of(record) for record in zone.rrsets}
        for change in self._get_param("ChangeBatch.Changes"):
            _apply(held, change, zone.name)
            _check_form(change)
        _check_names(held)
        for change in self._get_param("ChangeBatch.Changes"):
            _make(zone, change)
        number = mock_random.get_random_hex(14).upper()
        info = {"Id": f"/change/C{number}", "Status": "INSYNC", "SubmittedAt": utcnow()}
        return ActionResult({"ChangeInfo": info})


def _apply(held: dict[Key, Content], change: dict[str, Any], zone: str) -> None:
    record = change["ResourceRecordSet"]
    key, content = _key(record["Name"], record["Type"]), _content(record)
    what = f"[name='{key[0]}', type='{key[1]}']"
    if any(record.get(policy) is not None for policy in _POLICIES):
        raise Refused("the lab's resolver answers simple records only")
    if "*" in key[0] or "\\052" in key[0]:
        raise Refused("the lab's resolver knows no wildcards")
    if not f".{key[0]}".endswith(f".{zone.rstrip('.')}."):
        raise InvalidChangeBatch(f"RRSet with DNS name {key[0]} is not permitted in zone {zone}")
    if change["Action"] == "CREATE" and key in held:
        raise InvalidChangeBatch(f"Tried to create resource record set {what} but it already exists")
    if change["Action"] != "DELETE":
        held[key] = content
    elif key not in held:
        raise InvalidChangeBatch(f"Tried to delete resource record set {what} but it was not found")
    elif held.pop(key) != content:
        message = f"Tried to delete resource record set {what} but the values provided do not match the current values"
        raise InvalidChangeBatch(message)


def _check_form(change: dict[str, Any]) -> None:
    """Ask the resolver's own parser: what it does not take must not get into the zone."""
    if change["Action"] == "DELETE":
        return
    from blackstart.lab.names.zone import parse  # noqa: PLC0415 - slow to import, and only a change needs it

    record = change["ResourceRecordSet"]
    values = [value["Value"] for value in record.get("ResourceRecords") or []]
    alias = (record.get("AliasTarget") or {}).get("DNSName")
    try:
        parse(cast("Any", effects.served(record["Name"], record["Type"], int(record.get("TTL") or 0), values, alias)))
    except UsageError as error:
        raise InvalidChangeBatch(f"Invalid Resource Record: {error}") from error


def _make(zone: FakeZone, change: dict[str, Any]) -> None:
    record = dict(change["ResourceRecordSet"])
    record["Name"] = _key(record["Name"], record["Type"])[0]
    record["ResourceRecords"] = [value["Value"] for value in record.get("ResourceRecords", [])]
    if change["Action"] == "DELETE":
        zone.delete_rrset(record)
    else:
        zone.upsert_rrset(record)


def _check_names(held: dict[Key, Content]) -> None:
    for name, kind in held:
        if kind == "CNAME" and any(other == name and its != kind for other, its in held):
            message = f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records"
            raise InvalidChangeBatch(message)


def _key(name: str, kind: str) -> Key:
    return name.rstrip(".").lower() + ".", kind


def _content(record: dict[str, Any]) -> Content:
    if record.get("AliasTarget"):
        return ("alias", record["AliasTarget"]["DNSName"])
    values = [value["Value"] for value in record.get("ResourceRecords", [])]
    return (int(record.get("TTL") or 0), *sorted(values))


def _content_of(record: Any) -> Content:
    if record.alias_target:
        return ("alias", record.alias_target["DNSName"])
    return (int(record.ttl or 0), *sorted(str(value) for value in record.records))
