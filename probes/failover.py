"""Whether anything of a failover has happened: the writer, the records and the dials, each asked at its service."""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import accelerator, aurora, records
from blackstart.platform.setting import Setting, setting
from blackstart.topology import Name

__all__ = ["nothing_moved"]


def nothing_moved(dials: dict[str, float], configuration: Configuration = None) -> bool:
    """Return true when the primary writes, the records name it and the dials are as given; fails otherwise.

    :param dials: percent by region as they were before; ``primary`` and ``standby`` stand for the topology's regions
    """
    here = setting(configuration)
    moved = [*_writer(here), *_records(here), *_dials(here, dials)]
    if moved:
        raise ActivityFailed("; ".join(moved))
    return True


def _writer(here: Setting) -> list[str]:
    state = aurora.describe(here.topology, here.topology.primary)
    if state.writer == here.topology.primary and state.settled:
        return []
    return [f"{state.writer} writes, global cluster {state.status}, role change {state.failover or 'none'}"]


def _records(here: Setting) -> list[str]:
    database = here.topology.database
    own = aurora.endpoints(here.topology, here.topology.primary)
    wanted = [(database.writer, own.writer), *((reader, own.reader) for reader in database.readers)]
    return [told for name, endpoint in wanted if (told := _elsewhere(here, name, endpoint))]


def _elsewhere(here: Setting, name: Name, endpoint: str) -> str | None:
    if name.record is None:
        return None
    value = records.value(here.topology, name.record)
    return None if value == endpoint.rstrip(".") else f"{name.record.name} names {value}, not {endpoint}"


def _dials(here: Setting, dials: dict[str, float]) -> list[str]:
    groups = accelerator.groups(here.topology)
    wanted = {here.topology.region_named(region): float(percent) for region, percent in dials.items()}
    return [
        f"the dial of {region} is {groups[region].dial:g} %, not {percent:g} %"
        for region, percent in wanted.items()
        if groups[region].dial != percent
    ]
