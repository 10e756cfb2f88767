"""The database service's own lag metric, read beside the drill: for the record, never a measure of loss."""

from datetime import UTC, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from blackstart.clock import Clock
from blackstart.history import WatchFile
from blackstart.platform import aws
from blackstart.topology import Topology

METRIC = "AuroraGlobalDBReplicationLag"
PERIOD_S = 60
"""CloudWatch keeps this metric by the minute."""
LOOK_BACK = timedelta(minutes=3)
INTERVAL_S = 1.0


class LagWatch:
    """Reads the standby's metric every second into ``history/watch-lag-<region>.jsonl`` until it is ended.

    A reading is what CloudWatch had then as its newest datapoint; None where it had none, or did not answer.
    """

    def __init__(self, topology: Topology, history: Path, clock: Clock) -> None:
        self._topology, self._clock, self._region = topology, clock, topology.standby
        self._client = aws.client(topology, "cloudwatch", self._region)
        self._file = WatchFile(history, f"lag-{self._region}")
        self._ended = Event()
        self._thread = Thread(target=self._watch, name="lag", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Read no more. A call that hangs is not waited for, and what it brings is not recorded."""
        self._ended.set()
        self._thread.join(INTERVAL_S)

    def _watch(self) -> None:
        while not self._ended.is_set():
            at_ns, value = self._clock.now_ns(), self.reading()
            if not self._ended.is_set():
                self._file.append(at_ns, value)
            self._ended.wait(INTERVAL_S)
        self._file.close()

    def reading(self) -> dict[str, Any] | None:
        """Return the newest datapoint: the metric's own name, its value in milliseconds and its own time."""
        now = self._clock.wall()
        try:
            found = self._client.get_metric_statistics(
                Namespace="AWS/RDS",
                MetricName=METRIC,
                Dimensions=[
                    {"Name": "DBClusterIdentifier", "Value": self._topology.regions[self._region].database.cluster}
                ],
                StartTime=now - LOOK_BACK,
                EndTime=now,
                Period=PERIOD_S,
                Statistics=["Maximum"],
            )
        except aws.AwsError:
            return None
        newest = max(found["Datapoints"], key=lambda point: point["Timestamp"], default=None)
        if newest is None:
            return None
        return {"metric": METRIC, "ms": newest["Maximum"], "of": newest["Timestamp"].astimezone(UTC).isoformat()}
