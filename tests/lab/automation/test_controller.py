"""The controller without a lab: it says that it runs before it asks whether it is wanted, and stops where it is not."""

import io
import json
from typing import Any

import pytest

from blackstart.clock import VirtualClock
from blackstart.lab.automation import controller as module
from blackstart.lab.automation.configuration import Configuration
from blackstart.lab.automation.controller import Controller
from blackstart.lab.automation.voice import Voice
from blackstart.lab.layout import Layout
from blackstart.lab.plant import ports
from blackstart.lab.specification import Specification

EVENT = {"alarmData": {"alarmName": "shop-primary-entry"}}


class Aws:
    """Stands where CloudWatch and Systems Manager are; notes what is asked in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.wanted_for = 1_000

    def of(self, service: str, region: str) -> "Aws":
        return self

    def describe_alarms(self, **_: Any) -> dict[str, Any]:
        self.asked.append("wanted?")
        self.wanted_for -= 1
        return {"MetricAlarms": [{"ActionsEnabled": self.wanted_for >= 0}]}

    def put_parameter(self, Value: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        said = json.loads(Value)
        self.asked.append(f"{said['state']}: {said['doing']}")


class Steps:
    """Two steps, of which the second fails as often as it is told."""

    def __init__(self, aws: Aws, failures: int = 0) -> None:
        self._aws, self._failures = aws, failures

    @property
    def steps(self) -> Any:
        return (("promote", lambda _: self._aws.asked.append("promoted")), ("route", self._route))

    def _route(self, _: Any) -> None:
        self._failures -= 1
        if self._failures >= 0:
            raise TimeoutError("no answer")
        self._aws.asked.append("routed")


@pytest.fixture
def aws() -> Aws:
    return Aws()


def controller(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, *, delay_s: float = 0, failures: int = 0
) -> Any:
    monkeypatch.setattr(module, "Failover", lambda *_: Steps(aws, failures))
    monkeypatch.setattr("sys.stdout", io.StringIO())
    layout = Layout(110, ports.USUAL, ("eu-west-1", "eu-central-1"))
    known = Configuration(layout, Specification(controller_delay_s=delay_s), tmp_path, "Z1", "arn:listener")
    clock = VirtualClock()
    return Controller(known, aws, Voice(clock), clock)  # type: ignore[arg-type]


def test_it_says_that_it_runs_before_it_asks_and_asks_before_each_step(aws, monkeypatch, tmp_path) -> None:
    controller(aws, monkeypatch, tmp_path).handle(EVENT)
    assert aws.asked == [
        "running: started by shop-primary-entry",
        *("wanted?", "running: promote", "promoted"),
        *("wanted?", "running: route", "routed"),
        "idle: completed",
    ]


def test_disarmed_between_two_steps_it_stops(aws, monkeypatch, tmp_path) -> None:
    aws.wanted_for = 1
    controller(aws, monkeypatch, tmp_path).handle(EVENT)
    assert "promoted" in aws.asked
    assert "routed" not in aws.asked
    assert aws.asked[-1].startswith("idle: stopped")


def test_asleep_it_can_be_stopped_too(aws, monkeypatch, tmp_path) -> None:
    aws.wanted_for = 5
    controller(aws, monkeypatch, tmp_path, delay_s=3600).handle(EVENT)
    assert "running: asleep for 3600 s" in aws.asked
    assert "promoted" not in aws.asked
    assert aws.asked[-1].startswith("idle: stopped")


@pytest.mark.parametrize(("failures", "last"), [(2, "idle: completed"), (3, "idle: failed: TimeoutError: no answer")])
def test_a_step_is_tried_three_times(aws, monkeypatch, tmp_path, failures: int, last: str) -> None:
    controller(aws, monkeypatch, tmp_path, failures=failures).handle(EVENT)
    assert aws.asked[-1] == last
