"""CloudWatch with the metrics of the data plane, and with alarms whose state follows from their datapoints."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from moto.cloudwatch.models import (
    Alarm,
    CloudWatchBackend,
    MetricDatum,
    MetricDatumBase,
    Statistics,
    cloudwatch_backends,
)
from moto.core.utils import utcnow

from blackstart.clock import SystemClock
from blackstart.lab.aws.alarms import history
from blackstart.lab.aws.alarms.evaluation import Judgement, Missing, Rule, State, judge, periods
from blackstart.lab.aws.alarms.history import Item
from blackstart.lab.aws.context import current
from blackstart.lab.aws.plant import PlantError
from blackstart.lab.layout import ACCOUNT

NAMESPACE = "AWS/RDS"
LAG = "AuroraGlobalDBReplicationLag"
_AGE = timedelta(seconds=1)
"""CloudWatch leaves out the second that has not ended."""
KEPT = timedelta(hours=3)
"""How long CloudWatch keeps datapoints of less than a minute."""


class MeasuredBackend(CloudWatchBackend):
    """CloudWatch that has, beside what was put, what the plant measures now; its alarms are evaluated."""

    @property
    def items(self) -> list[Item]:
        """The alarms' history, oldest first."""
        found: list[Item] = self.__dict__.setdefault("alarm_items", [])
        return found

    def get_all_metrics(self) -> list[MetricDatumBase]:
        return [*super().get_all_metrics(), *_lag(self.region_name)]

    def evaluate(self) -> None:
        """Bring every metric alarm into the state that its last complete periods mean."""
        now = datetime.now(UTC)
        for alarm in [alarm for alarm in self.alarms.values() if alarm.rule is None]:
            rule = rule_of(alarm)
            created = alarm.configuration_updated_timestamp.replace(tzinfo=UTC)
            if (now - created).total_seconds() >= rule.periods * rule.period_s:
                self._judge(alarm, rule, now)

    def _judge(self, alarm: Alarm, rule: Rule, now: datetime) -> None:
        spans = periods(rule, now.timestamp())
        data = self._data(alarm, spans[0][0])
        judgement = judge(rule, [_statistic(alarm, data, *span) for span in spans], cast("State", alarm.state_value))
        if judgement.state != alarm.state_value:
            self.change(alarm, judgement, "{}")

    def _data(self, alarm: Alarm, since_s: float) -> list[MetricDatumBase]:
        """Return the alarm's own data of the time that is looked at, newest last; what is put is nearly in order."""
        since = datetime.fromtimestamp(since_s, UTC).replace(tzinfo=None)
        recent = (d for d in self.metric_data if d.timestamp.replace(tzinfo=None) >= since)
        same = (d for d in recent if (d.namespace, d.name) == (alarm.namespace, alarm.metric_name))
        return [d for d in same if _dimensions(d.dimensions) == _dimensions(alarm.dimensions)]

    def change(self, alarm: Alarm, to: Judgement, data: str) -> None:
        """Move an alarm to a state, note it, and execute that state's actions if they are enabled."""
        before = _described(alarm)
        alarm.state_value, alarm.state_reason, alarm.state_reason_data = to.state, to.reason, data
        alarm.state_updated_timestamp = utcnow()
        vars(alarm)["state_transitioned_timestamp"] = alarm.state_updated_timestamp
        note = {"t": SystemClock().now_ns(), "what": "alarm", "alarm": alarm.name, "state": to.state}
        self.items.append(history.state_updated(alarm, before, _described(alarm)))
        _tell(note | {"region": self.region_name})
        if alarm.actions_enabled:
            for action in _actions(alarm, to.state):
                self.items.append(history.executed(alarm, action, _execute(alarm, action, before)))

    def forget(self) -> None:
        """Drop the datapoints that CloudWatch would not keep either."""
        oldest = utcnow() - KEPT
        self.metric_data = [d for d in self.metric_data if d.timestamp.replace(tzinfo=None) >= oldest]


def of_region(region: str) -> MeasuredBackend:
    """Return the region's CloudWatch."""
    backend = cloudwatch_backends[ACCOUNT][region]
    backend.__class__ = MeasuredBackend
    return cast("MeasuredBackend", backend)


def rule_of(alarm: Alarm) -> Rule:
    """Return the alarm's condition."""
    return Rule(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        period_s=int(alarm.period),
        periods=int(alarm.evaluation_periods),
        needed=int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        missing=cast("Missing", alarm.treat_missing_data or "missing"),
    )


def _statistic(alarm: Alarm, data: Sequence[MetricDatumBase], start: float, end: float) -> float | None:
    statistics = Statistics([alarm.statistic], utcnow())
    statistics.metric_data = [d for d in data if start <= d.timestamp.replace(tzinfo=UTC).timestamp() < end]
    if not statistics.metric_data:
        return None
    found = statistics.get_statistics_for_type(alarm.statistic)
    return None if found is None else float(found)


def _dimensions(dimensions: Sequence[Any]) -> set[tuple[str, str]]:
    return {(each.name, each.value) for each in dimensions}


def _described(alarm: Alarm) -> dict[str, Any]:
    return {"stateValue": alarm.state_value, "stateReason": alarm.state_reason}


def _actions(alarm: Alarm, state: State) -> list[str]:
    by_state = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}
    return list(by_state.get(state, alarm.insufficient_data_actions) or [])


def _execute(alarm: Alarm, action: str, before: dict[str, Any]) -> str | None:
    """Invoke the function that the action names; return why that failed, if it did."""
    event = {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": ACCOUNT,
        "region": alarm.region_name,
        "alarmData": {"alarmName": alarm.name, "state": _described(alarm), "previousState": before},
    }
    try:
        current().plant.invoke(action, event)
    except PlantError as error:
        return str(error)
    return None


def _tell(note: dict[str, Any]) -> None:
    try:
        current().plant.note(note)
    except PlantError:
        return  # the state has changed all the same


def _lag(region: str) -> list[MetricDatumBase]:
    """Return one datapoint, in milliseconds, or none where the lag is not known: never a zero."""
    context = current()
    if region not in context.layout.regions:
        return []
    lag_ms = context.plant.aurora()["lag_ms"].get(region)
    if lag_ms is None:
        return []
    dimensions = [{"Name": "DBClusterIdentifier", "Value": context.layout.cluster_name(region)}]
    return [MetricDatum(NAMESPACE, LAG, float(lag_ms), dimensions, utcnow() - _AGE, "Milliseconds")]
