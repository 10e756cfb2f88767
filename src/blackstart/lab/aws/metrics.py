"""CloudWatch as its callers see it: moto's, with alarms that are evaluated, have a history and start a function."""

from typing import Any

from moto.cloudwatch.exceptions import ResourceNotFound
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from blackstart.lab.aws.alarms import history
from blackstart.lab.aws.alarms.backend import MeasuredBackend, of_region
from blackstart.lab.aws.alarms.evaluation import OPERATORS, Judgement
from blackstart.lab.aws.context import current
from blackstart.lab.aws.refusals import Refused

STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")


class MetricsResponse(CloudWatchResponse):
    """One call to CloudWatch."""

    @property
    def cloudwatch_backend(self) -> MeasuredBackend:
        return of_region(self.region)

    def put_metric_alarm(self) -> ActionResult:
        """Create an alarm on one metric; it has insufficient data until its first periods have passed."""
        _check(self._get_params())
        answer = super().put_metric_alarm()
        alarm = self.cloudwatch_backend.alarms[self._get_param("AlarmName")]
        alarm.state_value = "INSUFFICIENT_DATA"
        self.cloudwatch_backend.items.append(history.configured(alarm, f'Alarm "{alarm.name}" created'))
        return answer

    def enable_alarm_actions(self) -> ActionResult:
        return self._switch(super().enable_alarm_actions(), "enabled")

    def disable_alarm_actions(self) -> ActionResult:
        return self._switch(super().disable_alarm_actions(), "disabled")

    def _switch(self, answer: ActionResult, how: str) -> ActionResult:
        backend = self.cloudwatch_backend
        for alarm in backend.get_alarms_by_alarm_names(self._get_param("AlarmNames", [])):
            backend.items.append(history.configured(alarm, f'Alarm "{alarm.name}" updated: actions {how}'))
        return answer

    def set_alarm_state(self) -> ActionResult:
        """Set a state until the next evaluation, with its actions, as CloudWatch does to test them."""
        alarm = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
        if alarm is None:
            raise ResourceNotFound("Unknown alarm")
        to = Judgement(self._get_param("StateValue"), self._get_param("StateReason"))
        if to.state != alarm.state_value:
            self.cloudwatch_backend.change(alarm, to, self._get_param("StateReasonData") or "{}")
        return EmptyResult()

    def describe_alarm_history(self) -> ActionResult:
        items, token = history.selected(self.cloudwatch_backend.items, self._get_params())
        return ActionResult({"AlarmHistoryItems": items} | ({"NextToken": token} if token else {}))


def _check(asked: dict[str, Any]) -> None:
    """Refuse what the lab would not evaluate or could not start."""
    if asked.get("Metrics") or asked.get("ExtendedStatistic") or asked.get("ThresholdMetricId"):
        raise Refused("the lab's alarms watch one metric by a plain statistic, no expression, percentile or band")
    if asked.get("Statistic") not in STATISTICS or asked.get("ComparisonOperator") not in OPERATORS:
        raise Refused(f"the lab's alarms need Statistic ({', '.join(STATISTICS)}) and one of {', '.join(OPERATORS)}")
    if not asked.get("Namespace") or not asked.get("MetricName") or not asked.get("Period"):
        raise Refused("the lab's alarms need Namespace, MetricName and Period")
    kinds = ("AlarmActions", "OKActions", "InsufficientDataActions")
    known = current().layout.failover_function
    unknown = [action for kind in kinds for action in asked.get(kind) or [] if action != known]
    if unknown:
        raise Refused(f"the lab's alarms can start {known} and nothing else, not {unknown[0]}")
