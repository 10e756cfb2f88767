"""CloudWatch's alarms of the system's own failover: their state, their actions, and what their history tells."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from blackstart.clock import MS, SECOND, Clock, Offset
from blackstart.platform import aws
from blackstart.topology import Automation, Topology

Kind = Literal["StateUpdate", "Action", "ConfigurationUpdate"]


@dataclass(frozen=True)
class Alarm:
    """An alarm as it stands now; ``acts`` says whether its actions are enabled."""

    name: str
    state: str
    acts: bool


@dataclass(frozen=True)
class Item:
    """One entry of an alarm's history; its instant is monotonic nanoseconds, with the bounds of the conversion."""

    alarm: str
    summary: str
    earliest: int
    at: int
    latest: int


def automation(topology: Topology) -> Automation:
    """Return the system's own failover. Raises ``LookupError`` where the topology names none."""
    if topology.automation is None:
        raise LookupError(f"topology {topology.name!r} names no automation: add one (docs/topology.md)")
    return topology.automation


def alarm(topology: Topology, name: str) -> Alarm:
    """Return one alarm. Raises ``LookupError`` when it is not there."""
    found = _client(topology).describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    for each in (*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())):
        return Alarm(str(each["AlarmName"]), str(each["StateValue"]), bool(each["ActionsEnabled"]))
    raise LookupError(f"alarm {name!r} is not in {automation(topology).region}: mend automation.alarms in the topology")


def set_acting(topology: Topology, name: str, *, acts: bool) -> None:
    """Enable or disable an alarm's actions."""
    client = _client(topology)
    (client.enable_alarm_actions if acts else client.disable_alarm_actions)(AlarmNames=[name])


def history(topology: Topology, name: str, kind: Kind, clock: Clock, offset: Offset) -> list[Item]:
    """Return an alarm's latest history of one kind, oldest first."""
    asked = clock.wall()
    found = _client(topology).describe_alarm_history(
        AlarmName=name, HistoryItemType=kind, ScanBy="TimestampDescending", MaxRecords=100
    )
    skew = _skew_ns(found, asked, clock.wall())
    return [_item(each, offset, skew) for each in reversed(found["AlarmHistoryItems"])]


def _item(told: dict[str, Any], offset: Offset, skew: int) -> Item:
    return Item(str(told["AlarmName"]), str(told["HistorySummary"]), *offset.instant(told["Timestamp"], skew))


def _skew_ns(answer: dict[str, Any], asked: datetime, answered: datetime) -> int:
    """Return by how much the service's clock must differ from ours: its answer names the second it was given in."""
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if date is None:
        return 0
    theirs = parsedate_to_datetime(date)
    ahead, behind = (theirs - answered).total_seconds(), (asked - theirs).total_seconds() - 1
    skew_ms = round(max(0.0, ahead, behind) * SECOND / MS)
    return skew_ms * MS


def _client(topology: Topology) -> Any:
    return aws.client(topology, "cloudwatch", automation(topology).region)
