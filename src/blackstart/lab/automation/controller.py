"""The failover controller: what an alarm starts. It tells what it does, and stops where nobody wants it any more.

Its state stands in a parameter of the standby. It is ``running`` there before the controller first asks whether the
alarm still acts: whoever disables the alarm's actions and then reads ``idle`` knows that no step will follow.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from tenacity import Retrying, retry_if_not_exception_type, stop_after_attempt

from blackstart.clock import Clock
from blackstart.lab.automation.clients import Clients
from blackstart.lab.automation.configuration import Configuration
from blackstart.lab.automation.failover import Failover
from blackstart.lab.automation.voice import Voice
from blackstart.lab.layout import FAILOVER_STATE

TRIES = 3
POLL_S = 0.1
PATIENCE_S = 900.0
"""The longest that a function may run."""


class DisarmedError(Exception):
    """The alarm's actions were disabled: nobody wants this failover any more."""


class Controller:
    """Walks the failover for one event at a time. ``delay_s`` is how long it sleeps before it acts."""

    def __init__(self, configuration: Configuration, clients: Clients, voice: Voice, clock: Clock) -> None:
        self._failover = Failover(configuration, clients)
        self._cloudwatch = clients.of("cloudwatch", configuration.standby)
        self._parameters = clients.of("ssm", configuration.standby)
        self._voice, self._clock = voice, clock
        self.delay_s = configuration.specification.controller_delay_s
        self._alarm = ""

    def warm(self) -> None:
        """Say that nothing runs, and get ready."""
        self._tell("idle", "never started")
        self._failover.warm()

    def handle(self, event: dict[str, Any]) -> None:
        """Fail over. Whatever happens is told, never raised: nobody waits for the answer."""
        self._alarm = event["alarmData"]["alarmName"]
        self._tell("running", f"started by {self._alarm}")
        try:
            self._sleep()
            self._walk()
        except DisarmedError:
            self._tell("idle", f"stopped: the actions of {self._alarm} were disabled")
        except Exception as error:  # noqa: BLE001 - whatever failed, the state must say that nothing runs any more
            self._tell("idle", f"failed: {type(error).__name__}: {error}")
        else:
            self._tell("idle", "completed")

    def _sleep(self) -> None:
        began = self._clock.now_ns()
        if self.delay_s:
            self._tell("running", f"asleep for {self.delay_s:g} s")
        while (self._clock.now_ns() - began) / 1e9 < self.delay_s:
            self._check_wanted()
            self._clock.sleep(POLL_S)

    def _walk(self) -> None:
        for name, step in self._failover.steps:
            self._check_wanted()
            self._tell("running", name)
            self._tried(name, partial(step, self._wait))

    def _tried(self, name: str, step: Callable[[], None]) -> None:
        """Try a step a few times: each does nothing where it was done."""
        again = retry_if_not_exception_type(DisarmedError)
        for attempt in Retrying(sleep=self._clock.sleep, stop=stop_after_attempt(TRIES), retry=again, reraise=True):
            with attempt:
                if attempt.retry_state.attempt_number > 1:
                    self._tell("running", f"{name}, once more")
                    self._check_wanted()
                step()

    def _wait(self, holds: Callable[[], bool], what: str) -> None:
        began = self._clock.now_ns()
        while not holds():
            self._check_wanted()
            if (self._clock.now_ns() - began) / 1e9 > PATIENCE_S:
                raise TimeoutError(f"waited {PATIENCE_S:g} s for {what}")
            self._clock.sleep(POLL_S)

    def _check_wanted(self) -> None:
        found = self._cloudwatch.describe_alarms(AlarmNames=[self._alarm])["MetricAlarms"]
        if not found or not found[0]["ActionsEnabled"]:
            raise DisarmedError

    def _tell(self, state: str, doing: str) -> None:
        self._parameters.put_parameter(
            Name=FAILOVER_STATE, Value=json.dumps({"state": state, "doing": doing}), Type="String", Overwrite=True
        )
        self._voice.say("controller", state=state, doing=doing)
