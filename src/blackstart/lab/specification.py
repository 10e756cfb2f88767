"""What a lab is asked to be: the knobs, checked once, and the timings that follow from its profile."""

import math
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from blackstart.outcome import UsageError


@dataclass(frozen=True)
class Timing:
    """How fast the managed services of one profile react. Seconds and counts."""

    record_ttl_s: int
    alb_health_interval_s: float
    alb_healthy_count: int
    alb_unhealthy_count: int
    accelerator_delay_s: float
    """From a change of target health until the accelerator routes by it."""
    promotion_s: float
    """What a promotion takes beyond the database's own work."""
    takeover_s: float
    """The same for a failover inside a region."""
    pod_start_s: float
    """The profile's default for the knob of the same name."""
    alarm_period_s: int
    """Of CloudWatch's alarms; below 10 s only here: AWS knows 10, 20, 30 s and multiples of 60 s."""
    canary_interval_s: float
    """Between two probes of the primary's entry, whose success the alarm watches."""


TIMINGS = {
    "fast": Timing(2, 0.5, 2, 2, 0.5, 0.0, 0.0, 0.5, 1, 0.5),
    # What AWS documents: 30 s for the accelerator, often less than 30 s for a failover inside a region, over a
    # minute for a pod on Fargate, 10 s periods of alarms and 10 s between two probes of a fast health check.
    "aws": Timing(5, 10.0, 3, 3, 30.0, 60.0, 30.0, 60.0, 10, 10.0),
}
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
MOST_PODS = 50


@dataclass(frozen=True)
class Specification:
    """One lab. ``regions``: primary, then standby. Raises ``UsageError`` that names the wrong field."""

    name: str = "default"
    regions: tuple[str, ...] = ("eu-west-1", "eu-central-1")
    pods: int = 2
    """How many pods serve in the primary; the standby starts scaled to zero."""
    pod_start_s: float = TIMINGS["fast"].pod_start_s
    """From a pod's creation until its process starts."""
    replication_delay_ms: float = 0
    replication_rate_kbps: float | None = None
    """Kilobytes a second that replication may use; None is unlimited."""
    controller_delay_s: float = 0
    """How long the failover controller sleeps before it acts."""
    timing: str = "fast"
    api_port: int | None = None
    """The AWS API's port; None takes a free one."""

    def __post_init__(self) -> None:
        _need(_is_name(self.name), "name", self.name, "1-31 lowercase letters, digits and dashes")
        _need(_are_regions(self.regions), "regions", self.regions, "two different AWS regions, primary first")
        _need(_is_integer(self.pods, 1, MOST_PODS), "pods", self.pods, f"a whole number from 1 to {MOST_PODS}")
        _need(_is_number(self.pod_start_s, 0, 600), "pod_start_s", self.pod_start_s, "seconds from 0 to 600")
        delay = self.replication_delay_ms
        _need(_is_number(delay, 0, 600_000), "replication_delay_ms", delay, "milliseconds from 0 to 600000")
        rate = self.replication_rate_kbps
        _need(rate is None or _is_number(rate, 1, 1e9), "replication_rate_kbps", rate, "kilobytes a second from 1")
        asleep = self.controller_delay_s
        _need(_is_number(asleep, 0, 86_400), "controller_delay_s", asleep, "seconds from 0 to 86400")
        _need(self.timing in TIMINGS, "timing", self.timing, f"one of: {', '.join(TIMINGS)}")
        port = self.api_port
        _need(port is None or _is_integer(port, 1024, 65535), "api_port", port, "a port from 1024 to 65535")

    @property
    def primary(self) -> str:
        return self.regions[0]

    @property
    def standby(self) -> str:
        return self.regions[1]

    @property
    def timings(self) -> Timing:
        return TIMINGS[self.timing]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"regions": list(self.regions)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Specification":
        """Build from JSON or command-line knobs: what is absent or None takes its default, which for
        ``pod_start_s`` is the timing profile's.
        """
        unknown = sorted(set(data) - {field.name for field in fields(cls)})
        if unknown:
            raise UsageError(f"lab: unknown field {unknown[0]!r}; known are {', '.join(f.name for f in fields(cls))}")
        given = {key: value for key, value in data.items() if value is not None}
        if "regions" in given:
            given["regions"] = tuple(given["regions"])
        if given.get("timing") in TIMINGS:
            given.setdefault("pod_start_s", TIMINGS[given["timing"]].pod_start_s)
        return cls(**given)


def _need(true: bool, field: str, value: object, wanted: str) -> None:
    if not true:
        raise UsageError(f"lab: {field} is {value!r}; give {wanted}")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _are_regions(value: tuple[str, ...]) -> bool:
    return len(set(value)) == len(value) == 2 and all(isinstance(r, str) and REGION.fullmatch(r) for r in value)


def _is_integer(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_number(value: object, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and low <= value <= high
