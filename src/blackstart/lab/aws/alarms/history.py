"""An alarm's history: changes of its state and the actions that they executed, as DescribeAlarmHistory tells them."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import Alarm
from moto.core.utils import utcnow

MOST = 100
"""How many items CloudWatch returns at once."""


@dataclass(frozen=True)
class Item:
    """One entry. ``timestamp`` is UTC without a zone, as moto keeps its times."""

    alarm_name: str
    history_item_type: str
    history_summary: str
    history_data: str
    timestamp: datetime = field(default_factory=utcnow)
    alarm_type: str = "MetricAlarm"


def configured(alarm: Alarm, summary: str) -> Item:
    """Tell of a change of the alarm itself."""
    return _item(alarm, "ConfigurationUpdate", summary, {"type": "Update"})


def state_updated(alarm: Alarm, before: dict[str, Any], after: dict[str, Any]) -> Item:
    """Tell of a change of its state."""
    summary = f"Alarm updated from {before['stateValue']} to {after['stateValue']}"
    return _item(alarm, "StateUpdate", summary, {"oldState": before, "newState": after})


def executed(alarm: Alarm, action: str, error: str | None) -> Item:
    """Tell of one action of the state that the alarm is in, whether or not it could be executed."""
    says = "Successfully executed action" if error is None else "Failed to execute action"
    data = {"actionState": "Succeeded" if error is None else "Failed", "notificationResource": action}
    data |= {"stateUpdateTimestamp": alarm.state_updated_timestamp.isoformat(timespec="milliseconds") + "Z"}
    return _item(alarm, "Action", f"{says} {action}", data | ({} if error is None else {"error": error}))


def selected(items: list[Item], asked: dict[str, Any]) -> tuple[list[Item], str | None]:
    """Return one page of the items that a call asks for, and the token of the next page."""
    names = asked.get("AlarmName"), asked.get("HistoryItemType")
    start, end = (_naive(asked.get(key)) for key in ("StartDate", "EndDate"))
    found = [
        item
        for item in items
        if names[0] in (None, item.alarm_name)
        and names[1] in (None, item.history_item_type)
        and (start is None or item.timestamp >= start)
        and (end is None or item.timestamp <= end)
    ]
    if asked.get("ScanBy") != "TimestampAscending":
        found.reverse()
    first = int(asked.get("NextToken") or 0)
    last = first + int(asked.get("MaxRecords") or MOST)
    return found[first:last], str(last) if last < len(found) else None


def _item(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> Item:
    return Item(alarm.name, kind, summary, json.dumps({"version": "1.0"} | data))


def _naive(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=None)
