"""The system's alarms: one that sees the primary from outside and can start the failover, one inside the primary.

The alarm that matters lies in the standby: the primary's own CloudWatch is gone when the primary is.
"""

from typing import Any

from blackstart.lab.aws.alarms.backend import of_region
from blackstart.lab.aws.alarms.watch import ELB, dimensions_of
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.tagging import TAG_LIST
from blackstart.lab.layout import CANARY_METRIC, CANARY_NAMESPACE, PRIMARY_ALARM, SYSTEM

PERIODS = 3
"""So many bad periods in a row raise an alarm: one may be a lost packet."""
HALF_PERCENT = 50.0
HOSTS_ALARM = f"{SYSTEM}-healthy-hosts"


def build(context: Context, regions: dict[str, Any]) -> dict[str, Any]:
    """Build the alarms; nobody acts on them until somebody enables their actions. Return what the topology needs."""
    primary, standby = context.layout.regions
    entry = {
        "name": PRIMARY_ALARM,
        "namespace": CANARY_NAMESPACE,
        "metric_name": CANARY_METRIC,
        "dimensions": [{"Name": "Region", "Value": primary}],
        "threshold": HALF_PERCENT,
        "treat_missing_data": "breaching",
        "alarm_actions": [context.layout.failover_function],
        "description": f"The entry of {primary}, as a canary in {standby} sees it, does not answer",
    }
    _alarm(context, standby, entry)
    hosts = {
        "name": HOSTS_ALARM,
        "namespace": ELB,
        "metric_name": "HealthyHostCount",
        "dimensions": dimensions_of(regions[primary]["load_balancer_arn"], regions[primary]["target_group_arn"]),
        "threshold": 1.0,
        "treat_missing_data": "missing",
        "alarm_actions": [],
        "description": "No pod behind the load balancer is healthy",
    }
    _alarm(context, primary, hosts)
    return {"alarms": [PRIMARY_ALARM], "failover_function": context.layout.failover_function}


def _alarm(context: Context, region: str, what: dict[str, Any]) -> None:
    alarm = of_region(region).put_metric_alarm(
        **what,
        metric_data_queries=None,
        comparison_operator="LessThanThreshold",
        evaluation_periods=PERIODS,
        datapoints_to_alarm=PERIODS,
        period=context.configuration.specification.timings.alarm_period_s,
        statistic="Average",
        extended_statistic=None,
        ok_actions=[],
        insufficient_data_actions=[],
        unit=None,
        actions_enabled=False,
        evaluate_low_sample_count_percentile=None,
        threshold_metric_id=None,
        rule=None,
        tags=TAG_LIST,
    )
    alarm.state_value = "INSUFFICIENT_DATA"
