"""Alarms as a client sees them: state by what was measured, actions that start the function, a history that tells."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

STANDBY, PRIMARY = "eu-central-1", "eu-west-1"
NAME = "shop-primary-entry"
Eventually = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def watched(api: Any) -> Any:
    """The standby's CloudWatch; afterwards no alarm acts."""
    client = api.client("cloudwatch", STANDBY)
    yield client
    client.disable_alarm_actions(AlarmNames=[NAME])


def alarm(client: Any, name: str = NAME) -> dict[str, Any]:
    (found,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)


def publish(client: Any, success: float) -> None:
    """Publish for the periods around now, so that a slow machine has no gap."""
    now = datetime.now(UTC)
    stamps = [now + timedelta(seconds=offset) for offset in range(-4, 6)]
    dimension = [{"Name": "Region", "Value": PRIMARY}]
    data = [{"MetricName": "SuccessPercent", "Dimensions": dimension, "Timestamp": t, "Value": success} for t in stamps]
    client.put_metric_data(Namespace="Shop/Canary", MetricData=data)


def becomes(client: Any, eventually: Eventually, state: str, success: float) -> None:
    publish(client, success)
    eventually(lambda: alarm(client)["StateValue"] == state)


def history(client: Any, kind: str, since: datetime) -> list[str]:
    found = client.describe_alarm_history(AlarmName=NAME, HistoryItemType=kind, StartDate=since)
    return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]


def test_a_new_lab_has_alarms_that_do_not_act(api: Any) -> None:
    for region, name in ((STANDBY, NAME), (PRIMARY, "shop-healthy-hosts")):
        assert alarm(api.client("cloudwatch", region), name)["ActionsEnabled"] is False


def test_silence_of_the_canary_is_an_alarm(watched: Any, eventually: Eventually) -> None:
    eventually(lambda: alarm(watched)["StateValue"] == "ALARM")
    assert "treated as breaching" in alarm(watched)["StateReason"]


@pytest.mark.proof
def test_enabled_actions_start_the_function_and_the_history_tells(
    api: Any, watched: Any, eventually: Eventually
) -> None:
    becomes(watched, eventually, "OK", 100.0)
    since = datetime.now(UTC)
    watched.enable_alarm_actions(AlarmNames=[NAME])
    assert api.plant.sent("/alarms")[-1]["acting"][f"{STANDBY}/{NAME}"] is True
    eventually(lambda: alarm(watched)["StateValue"] == "ALARM")
    (sent,) = eventually(lambda: api.plant.sent("/automation/invocations"))
    assert sent["function"] == api.layout.failover_function
    assert sent["event"]["alarmData"]["alarmName"] == NAME
    assert sent["event"]["alarmData"]["state"]["stateValue"] == "ALARM"
    eventually(lambda: history(watched, "Action", since))
    assert "Alarm updated from OK to ALARM" in history(watched, "StateUpdate", since)
    assert history(watched, "Action", since) == [f"Successfully executed action {api.layout.failover_function}"]
    told = watched.describe_alarm_history(AlarmName=NAME, HistoryItemType="StateUpdate")["AlarmHistoryItems"][0]
    assert abs(told["Timestamp"] - alarm(watched)["StateUpdatedTimestamp"]) < timedelta(milliseconds=10)


@pytest.mark.proof
def test_disabled_actions_start_nothing(api: Any, watched: Any, eventually: Eventually) -> None:
    becomes(watched, eventually, "OK", 100.0)
    since = datetime.now(UTC)
    eventually(lambda: alarm(watched)["StateValue"] == "ALARM")
    assert api.plant.sent("/automation/invocations") == []
    assert history(watched, "Action", since) == []


def test_the_history_comes_in_pages_in_either_order(watched: Any, eventually: Eventually) -> None:
    becomes(watched, eventually, "OK", 100.0)
    eventually(lambda: len(watched.describe_alarm_history(AlarmName=NAME)["AlarmHistoryItems"]) > 1)
    everything = watched.describe_alarm_history(AlarmName=NAME)["AlarmHistoryItems"]
    first = watched.describe_alarm_history(AlarmName=NAME, MaxRecords=1, ScanBy="TimestampAscending")
    assert first["AlarmHistoryItems"][0]["Timestamp"] == min(item["Timestamp"] for item in everything)
    second = watched.describe_alarm_history(
        AlarmName=NAME, MaxRecords=1, ScanBy="TimestampAscending", NextToken=first["NextToken"]
    )
    assert second["AlarmHistoryItems"] != first["AlarmHistoryItems"]


def test_a_state_that_is_set_acts_and_lasts_until_the_next_evaluation(
    api: Any, watched: Any, eventually: Eventually
) -> None:
    becomes(watched, eventually, "OK", 100.0)
    watched.enable_alarm_actions(AlarmNames=[NAME])
    watched.set_alarm_state(AlarmName=NAME, StateValue="ALARM", StateReason="a test")
    assert len(api.plant.sent("/automation/invocations")) == 1
    eventually(lambda: alarm(watched)["StateReason"] != "a test")


def test_hosts_are_counted_by_the_edge(api: Any, eventually: Eventually) -> None:
    client = api.client("cloudwatch", PRIMARY)
    target = {"address": "127.102.1.100", "port": 8080, "state": "healthy", "reason": ""}
    api.plant.targets[PRIMARY] = [target]
    eventually(lambda: alarm(client, "shop-healthy-hosts")["StateValue"] == "OK")
    api.plant.targets[PRIMARY] = [target | {"state": "unhealthy"}]
    eventually(lambda: alarm(client, "shop-healthy-hosts")["StateValue"] == "ALARM")


def test_an_alarm_of_ones_own_is_evaluated(api: Any, eventually: Eventually) -> None:
    client = api.client("cloudwatch", STANDBY)
    own = {"Namespace": "Own", "MetricName": "m", "Statistic": "Maximum", "Period": 1, "EvaluationPeriods": 1}
    client.put_metric_alarm(
        AlarmName="own", **own, ComparisonOperator="GreaterThanThreshold", Threshold=1, TreatMissingData="notBreaching"
    )
    try:
        assert alarm(client, "own")["StateValue"] == "INSUFFICIENT_DATA"
        eventually(lambda: alarm(client, "own")["StateValue"] == "OK")
        stamps = [datetime.now(UTC) + timedelta(seconds=n) for n in range(6)]
        client.put_metric_data(
            Namespace="Own", MetricData=[{"MetricName": "m", "Timestamp": t, "Value": 2.0} for t in stamps]
        )
        eventually(lambda: alarm(client, "own")["StateValue"] == "ALARM")
    finally:
        client.delete_alarms(AlarmNames=["own"])
    assert f"{STANDBY}/own" not in api.plant.sent("/alarms")[-1]["acting"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:pager"]}, "nothing else"),
        ({"ExtendedStatistic": "p99"}, "plain statistic"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "need Statistic"),
        ({"Period": None}, "need Namespace, MetricName and Period"),
    ],
)
def test_what_would_not_be_evaluated_or_started_is_refused(api: Any, changes: dict[str, Any], reason: str) -> None:
    asked = {
        "AlarmName": "x",
        "Namespace": "n",
        "MetricName": "m",
        "Statistic": "Average",
        "Period": 10,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "LessThanThreshold",
    } | changes
    asked = {name: value for name, value in asked.items() if value is not None}
    client = api.client("cloudwatch", STANDBY)
    with pytest.raises(ClientError, match=reason) as caught:
        client.put_metric_alarm(**asked)
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert client.describe_alarms(AlarmNames=["x"])["MetricAlarms"] == []


def test_a_lost_regions_cloudwatch_is_lost_too(api: Any) -> None:
    api.power(PRIMARY, "off")
    with pytest.raises(ReadTimeoutError):
        api.client("cloudwatch", PRIMARY, read_timeout=0.3).describe_alarms()
    assert alarm(api.client("cloudwatch", STANDBY))["AlarmName"] == NAME
