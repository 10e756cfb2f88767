"""The canary: probes the primary's entry from outside, and publishes each probe's success in the standby."""

import sys
import threading
from datetime import UTC, datetime

import requests

from blackstart.clock import Clock
from blackstart.lab.automation.clients import Clients
from blackstart.lab.automation.configuration import Configuration
from blackstart.lab.layout import CANARY_METRIC, CANARY_NAMESPACE

TIMEOUT_S = 1.0
GOOD, BAD = 100.0, 0.0
OK = 200


class Canary:
    """One probe an interval, each on a connection of its own; a probe without a good answer in time is a bad one."""

    def __init__(self, configuration: Configuration, clients: Clients, clock: Clock) -> None:
        self._url = configuration.entry
        self._interval_s = configuration.specification.timings.canary_interval_s
        self._region = configuration.primary
        self._cloudwatch = clients.of("cloudwatch", configuration.standby)
        self._clock = clock

    def begin(self) -> None:
        threading.Thread(target=self._go_on, name="canary", daemon=True).start()

    def _go_on(self) -> None:
        while True:
            began = self._clock.now_ns()
            try:
                self._publish(self._clock.wall(), self._probe())
            except Exception as error:  # noqa: BLE001 - a canary that fails to publish goes on: silence is an alarm
                sys.stderr.write(f"canary: {type(error).__name__}: {error}\n")
            self._clock.sleep(max(0.0, self._interval_s - (self._clock.now_ns() - began) / 1e9))

    def _probe(self) -> float:
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy from the environment stands between this machine and its loopback
                answer = session.get(self._url, timeout=TIMEOUT_S)
        except requests.RequestException:
            return BAD
        return GOOD if answer.status_code == OK else BAD

    def _publish(self, at: datetime, success: float) -> None:
        datum = {
            "MetricName": CANARY_METRIC,
            "Dimensions": [{"Name": "Region", "Value": self._region}],
            "Timestamp": at.astimezone(UTC),
            "Value": success,
            "Unit": "Percent",
            "StorageResolution": 1,
        }
        self._cloudwatch.put_metric_data(Namespace=CANARY_NAMESPACE, MetricData=[datum])
