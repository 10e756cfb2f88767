"""The private records by which applications find the database."""

from typing import Any

from chaoslib.types import Configuration

from blackstart.platform import aurora, names, records
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
    wanted = wanted_records(here, target)
    if not wanted:
        return {"evidence": "the topology names global endpoints: there are no records to point"}
    before = pointed_at(here, wanted)
    if before == {name: endpoint for name, (_, endpoint) in wanted.items()}:
        return {"evidence": eventually(here, lambda: answers(here, wanted))}
    intent = point_intent(here, target, sorted(wanted), before)

    def call() -> None:
        for zone in {record.zone for record, _ in wanted.values()}:
            records.point(here.topology, zone, [pair for pair in wanted.values() if pair[0].zone == zone])

    return act(here, intent, call, lambda: eventually(here, lambda: answers(here, wanted)))


def point_intent(here: Setting, region: str, named: list[str], before: dict[str, str]) -> Intent:
    """Return what pointing those records is, as the undo log keeps it."""
    return Intent(
        call=Call("blackstart.actions.records.point_records", {"region": region}),
        subject="records of the database",
        target=f"records {', '.join(named)}: to {region}",
        kind="revertible",
        role="recovery",
        layer="names",
        before=before,
        inverse=_inverse(here, before),
    )


def pointed_at(here: Setting, wanted: dict[str, tuple[Record, str]]) -> dict[str, str]:
    """Return what the records name now."""
    return {name: records.value(here.topology, record) for name, (record, _) in wanted.items()}


def wanted_records(here: Setting, region: str) -> dict[str, tuple[Record, str]]:
    """Return each record's name with the record and the endpoint that it shall name."""
    writer, readers = here.topology.database.writer, here.topology.database.readers
    found: dict[str, tuple[Record, str]] = {}
    endpoints = aurora.endpoints(here.topology, region)
    for name, endpoint in ((writer, endpoints.writer), *((reader, endpoints.reader) for reader in readers)):
        if name.record:
            found[name.record.name] = (name.record, endpoint)
    return found


def _inverse(here: Setting, before: dict[str, str]) -> Call | None:
    """Return the call that points back; none where the records named no one region (an earlier entry knows more)."""
    region = _region_of(here, before)
    return None if region is None else Call("blackstart.actions.records.point_records", {"region": region})


def _region_of(here: Setting, before: dict[str, str]) -> str | None:
    """Return the region whose cluster the records name now; endpoints carry the region in their name."""
    for region in here.topology.regions:
        if all(f".{region}." in value for value in before.values()):
            return region
    return None


def answers(here: Setting, wanted: dict[str, tuple[Record, str]]) -> str:
    """Ask the resolver for the records and for the endpoints that they shall name. Raises ``NotProvedError``."""
    for name, (_, endpoint) in wanted.items():
        try:
            seen, meant = names.address(here.topology, name), names.address(here.topology, endpoint)
        except names.NameNotFoundError as error:
            raise NotProvedError(str(error)) from error
        if seen != meant:
            raise NotProvedError(f"{name} resolves to {seen}, not to {endpoint} ({meant})")
    return f"{', '.join(sorted(wanted))} resolve to the new endpoints"
