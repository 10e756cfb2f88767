"""The thread that makes CloudWatch live: it measures what ELB would publish, and evaluates the alarms."""

import sys
import threading
import time
from contextlib import AbstractContextManager

from moto.cloudwatch.models import MetricDatum
from moto.core.utils import utcnow

from blackstart.lab.aws.alarms.backend import of_region
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.plant import PlantError

LOOK_S = 0.25
"""How often the alarms are looked at: a period that has ended is judged at most so much later."""
FORGET_S = 60.0
ELB = "AWS/ApplicationELB"


class Watch:
    """Evaluates the alarms of every region that has power, in turn with the calls to CloudWatch."""

    def __init__(
        self, context: Context, turn: AbstractContextManager[object], arns: dict[str, tuple[str, str]]
    ) -> None:
        """``turn`` is held while moto's state is touched; ``arns``: by region, the load balancer and target group."""
        self._context, self._turn, self._arns = context, turn, arns
        self._publish_s = context.configuration.specification.timings.alarm_period_s
        self._published = self._forgot = 0.0

    def begin(self) -> None:
        """Run beside the server, as long as the process."""
        threading.Thread(target=self._go_on, name="alarms", daemon=True).start()

    def _go_on(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - an alarm that cannot be judged must not end all others
                sys.stderr.write(f"alarms: {type(error).__name__}: {error}\n")
            time.sleep(LOOK_S)

    def look(self) -> None:
        """Publish what is due, and evaluate. In a region without power nobody does either."""
        now = time.monotonic()
        due = now - self._published >= self._publish_s
        for region in filter(self._context.power.is_on, self._context.layout.regions):
            data = self._hosts(region) if due else []
            with self._turn:
                backend = of_region(region)
                backend.metric_data += data
                backend.evaluate()
                if now - self._forgot >= FORGET_S:
                    backend.forget()
        self._published = now if due else self._published
        self._forgot = now if now - self._forgot >= FORGET_S else self._forgot

    def _hosts(self, region: str) -> list[MetricDatum]:
        """Return how many targets are healthy and not; nothing where it cannot be known."""
        try:
            states = [target["state"] for target in self._context.plant.targets(region)]
        except PlantError:
            return []
        dimensions = dimensions_of(*self._arns[region])
        counts = {"HealthyHostCount": states.count("healthy"), "UnHealthyHostCount": states.count("unhealthy")}
        now = utcnow()
        return [MetricDatum(ELB, name, float(n), dimensions, now, "Count") for name, n in counts.items()]


def dimensions_of(balancer_arn: str, target_group_arn: str) -> list[dict[str, str]]:
    """Return the dimensions by which CloudWatch knows a load balancer's target group."""
    return [
        {"Name": "LoadBalancer", "Value": balancer_arn.partition("loadbalancer/")[2]},
        {"Name": "TargetGroup", "Value": target_group_arn.rpartition(":")[2]},
    ]
