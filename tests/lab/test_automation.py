"""In a real lab: real probes of the primary move the alarm there and back, and nobody acts who was not armed."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from blackstart.lab import door
from blackstart.lab.specification import Specification

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
NAME = "shop-primary-entry"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[door.LabHandle]:
    home = tmp_path_factory.mktemp("home")
    yield door.up(Specification(name="automation"), home=home)
    door.down("automation", home)


@pytest.fixture
def alarms(lab: door.LabHandle) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("cloudwatch", region_name=STANDBY, endpoint_url=lab.url, **keys)


def state(alarms: Any) -> str:
    return str(alarms.describe_alarms(AlarmNames=[NAME])["MetricAlarms"][0]["StateValue"])


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_alarm_follows_the_primary_and_an_unarmed_controller_does_nothing(lab: door.LabHandle, alarms: Any) -> None:
    eventually(lambda: state(alarms) == "OK")
    before = lab.status()["configuration"]
    lab.ask("PUT", f"/regions/{PRIMARY}", {"power": "off"})
    eventually(lambda: state(alarms) == "ALARM")
    lab.ask("PUT", f"/regions/{PRIMARY}", {"power": "on"})
    eventually(lambda: state(alarms) == "OK")
    told = alarms.describe_alarm_history(AlarmName=NAME, ScanBy="TimestampAscending")["AlarmHistoryItems"]
    summaries = [item["HistorySummary"] for item in told]
    assert "Alarm updated from OK to ALARM" in summaries
    assert summaries[-1] == "Alarm updated from ALARM to OK"
    assert {item["HistoryItemType"] for item in told} == {"StateUpdate"}
    assert lab.status()["automation"]["doing"] == "never started"
    eventually(lambda: lab.status()["configuration"] == before)


def test_a_standby_that_was_lost_comes_back_with_its_automation(lab: door.LabHandle, alarms: Any) -> None:
    lab.ask("PUT", f"/regions/{STANDBY}", {"power": "off"})
    parts = {part["name"]: part["alive"] for part in lab.status()["parts"]}
    assert parts[f"automation-{STANDBY}"] is False
    lab.ask("PUT", f"/regions/{STANDBY}", {"power": "on"})
    eventually(lambda: lab.status()["automation"]["state"] == "idle")
    eventually(lambda: state(alarms) == "OK")
