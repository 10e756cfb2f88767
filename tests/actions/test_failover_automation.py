"""Arming and disarming as the undo log keeps it, on a CloudWatch that is moto's alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from chaoslib.exceptions import ActivityFailed
from moto import mock_aws

from blackstart.actions.failover_automation import disable_failover_automation, enable_failover_automation
from blackstart.drill import restoration
from blackstart.platform import aws
from blackstart.platform.setting import RUN_KEY, TOPOLOGY_KEY, setting
from blackstart.safety import undo_log
from blackstart.safety.undo_log import Call
from tests.topology_data import topology_data

REGION, ALARM, STATE = "eu-central-1", "primary-entry", "/shop/failover"
MODULE = "blackstart.actions.failover_automation"


class System:
    """The alarm and the controller's state."""

    def __init__(self) -> None:
        self.cloudwatch = boto3.client("cloudwatch", REGION)
        self._ssm = boto3.client("ssm", REGION)

    def begin(self, *, acts: bool) -> None:
        metric = {"Namespace": "n", "MetricName": "m", "Statistic": "Average", "Period": 10, "EvaluationPeriods": 1}
        condition: Any = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1}
        self.cloudwatch.put_metric_alarm(AlarmName=ALARM, ActionsEnabled=acts, **metric, **condition)
        self.controller("idle")

    def controller(self, state: str) -> None:
        value = json.dumps({"state": state, "doing": "as the test says"})
        self._ssm.put_parameter(Name=STATE, Value=value, Type="String", Overwrite=True)

    @property
    def acts(self) -> bool:
        return bool(self.cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]["ActionsEnabled"])


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        aws._client.cache_clear()
        aws._session.cache_clear()
        yield System()
    aws._client.cache_clear()
    aws._session.cache_clear()


@pytest.fixture
def configuration(tmp_path: Path) -> dict[str, Any]:
    controller = {"function": "arn:aws:lambda:eu-central-1:123456789012:function:failover", "state": STATE}
    automation = {"region": REGION, "alarms": [ALARM], "controller": controller}
    path = tmp_path / "topology.yaml"
    path.write_text(yaml.safe_dump(topology_data() | {"automation": automation, "patience_s": 0.3}))
    return {TOPOLOGY_KEY: str(path), RUN_KEY: str(tmp_path / "run")}


def entries(configuration: dict[str, Any]) -> list[undo_log.Entry]:
    return undo_log.read(Path(configuration[RUN_KEY]) / undo_log.FILE)


def test_armed_and_disarmed_again(system: System, configuration: dict[str, Any]) -> None:
    system.begin(acts=False)
    enable_failover_automation(configuration=configuration)
    assert system.acts
    (entry,) = entries(configuration)
    assert (entry.proved, entry.open, entry.intent.layer) == (True, True, "automation")
    assert entry.intent.inverse == Call(f"{MODULE}.disable_failover_automation", {"names": [ALARM]})
    disable_failover_automation(configuration=configuration)
    assert not system.acts
    assert not any(entry.open for entry in entries(configuration))


def test_what_was_armed_before_the_drill_is_armed_again_when_all_is_back(
    system: System, configuration: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    system.begin(acts=True)
    enable_failover_automation(configuration=configuration)
    (entry,) = entries(configuration)
    assert entry.open, "a restoration must know that something may move, also where arming changed nothing"
    seen: list[bool] = []
    monkeypatch.setattr(restoration, "_verify", lambda *_: seen.append(system.acts) or [])
    here = setting(configuration)
    assert restoration.restore(here, configuration, lambda _: None).state == "restored"
    assert seen == [False], "disarmed while things were put right"
    assert system.acts
    assert not any(entry.open for entry in entries(configuration))


def test_an_alarm_that_is_raised_already_is_not_armed(system: System, configuration: dict[str, Any]) -> None:
    system.begin(acts=False)
    system.cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="test")
    with pytest.raises(ActivityFailed, match="is ALARM"):
        enable_failover_automation(configuration=configuration)
    assert entries(configuration)[0].open


@pytest.mark.parametrize("acts", [True, False])
def test_disarming_is_not_proved_while_the_controller_runs(
    system: System, configuration: dict[str, Any], acts: bool
) -> None:
    system.begin(acts=acts)
    system.controller("running")
    with pytest.raises(Exception, match="still runs: as the test says"):
        disable_failover_automation(configuration=configuration)
    assert not system.acts


def test_a_state_that_means_nothing_is_not_rest(system: System, configuration: dict[str, Any]) -> None:
    system.begin(acts=False)
    system.controller("resting")
    with pytest.raises(Exception, match="must be running or idle"):
        disable_failover_automation(configuration=configuration)
