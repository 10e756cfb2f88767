"""One running fault injection experiment: its actions begin, last and end on the plant."""

import re
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from moto.core.utils import unix_time
from moto.fis.models import Experiment

from blackstart.lab.aws import faults
from blackstart.lab.aws.faults import Fault
from blackstart.lab.aws.plant import Plant, PlantError

RETRIES_S = (0.1, 0.2, 0.5, *[1.0] * 60)
"""Pauses between the attempts to give back what was taken down."""
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def duration_s(text: str) -> float:
    """Return an ISO 8601 duration of hours, minutes and seconds, in seconds.

    Raises:
        ValueError: it is none.

    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(text)
    hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds


@dataclass
class Injection:
    """One action of an experiment. ``ends_at`` is monotonic, in seconds, once it has begun."""

    name: str
    action: dict[str, Any]
    fault: Fault | None
    """What it takes down; None for an action that only waits."""
    ends_at: float = 0.0
    bites: bool = False
    """Whether its fault may be in because of it. What failed on the way may have bitten all the same."""

    @property
    def status(self) -> str:
        return str(self.action["state"]["status"])

    @property
    def follows(self) -> set[str]:
        return set(self.action.get("startAfter", []))

    def become(self, status: str, reason: str) -> None:
        self.action["state"] = {"status": status, "reason": reason}
        if status == "running":
            self.action["startTime"] = unix_time()
        if status in {"completed", "stopped", "failed"}:
            self.action["endTime"] = unix_time()


class LiveExperiment(Experiment):
    """An experiment whose state is what has really happened, not how often somebody looked."""

    STATUS_REASONS: ClassVar[dict[str, str]] = Experiment.STATUS_REASONS | {"failed": "Experiment failed"}

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.asked_to_stop = threading.Event()
        self.injections = [
            Injection(name, action, faults.of(action, self.region_name)) for name, action in self.actions.items()
        ]
        self.failure: str | None = None

    def _sync_state(self) -> str:
        """Return the status; the actions keep their own."""
        return str(self.status)

    @property
    def is_over(self) -> bool:
        return self.status in self.TERMINAL_STATUSES

    @property
    def held(self) -> set[tuple[str, str]]:
        """Return the subjects that the experiment takes down and has not given back."""
        return set() if self.is_over else {i.fault.subject for i in self.injections if i.fault is not None}

    def to_dict(self, tags: dict[str, str] | None = None) -> dict[str, Any]:
        described = super().to_dict(tags)
        if self.failure:
            described["state"]["reason"] = self.failure
        return described

    def run(self, plant: Plant, announce: Any) -> None:
        """Inject, wait for the durations or a stop, put everything back. Runs in a thread of its own."""
        self._move("initiating", announce)
        try:
            goes_on = self._step(plant)
            self._move("running", announce)  # not before the first fault bites
            while goes_on and not self.asked_to_stop.wait(self._pause_s()):
                goes_on = self._step(plant)
        except PlantError as error:
            self.failure = str(error)
        self._end(plant, announce)

    def _move(self, status: str, announce: Any) -> None:
        if self.status != "stopping" or status in self.TERMINAL_STATUSES:
            self.status = status
        announce()

    def _step(self, plant: Plant) -> bool:
        """Begin and end what is due; return whether anything runs: what is pending follows what runs."""
        now = time.monotonic()
        for injection in self.injections:
            if injection.status == "running" and now >= injection.ends_at:
                _withdraw(plant, injection, "completed", "Action was completed")
        done = {i.name for i in self.injections if i.status == "completed"}
        for injection in self.injections:
            if injection.status == "pending" and injection.follows <= done:
                _inject(plant, injection)
        return any(i.status == "running" for i in self.injections)

    def _pause_s(self) -> float:
        ends = [i.ends_at for i in self.injections if i.status == "running"]
        return max(0.0, min(ends, default=0.0) - time.monotonic())

    def _end(self, plant: Plant, announce: Any) -> None:
        stopped = self.asked_to_stop.is_set()
        for injection in self.injections:
            try:
                if injection.bites or injection.status == "running":
                    _withdraw_surely(plant, injection)
                elif injection.status == "pending":
                    injection.become("cancelled", "Action was cancelled")
            except PlantError as error:
                injection.become("failed", str(error))
                self.failure = self.failure or str(error)
        self.end_time = unix_time()
        self._move("failed" if self.failure else "stopped" if stopped else "completed", announce)


def _inject(plant: Plant, injection: Injection) -> None:
    try:
        injection.become("initiating", "Action is initiating")
        if injection.fault is not None:
            injection.bites = True
            injection.fault.begin(plant)
    except PlantError as error:
        injection.become("failed", str(error))
        raise
    injection.ends_at = time.monotonic() + duration_s(injection.action["parameters"]["duration"])
    injection.become("running", "Action is running")


def _withdraw(plant: Plant, injection: Injection, status: str, reason: str) -> None:
    if injection.fault is not None:
        injection.fault.end(plant)
    injection.bites = False
    injection.become(status, reason)


def _withdraw_surely(plant: Plant, injection: Injection) -> None:
    """Give back what it took down, trying until the plant takes it. Raises ``PlantError`` after long enough."""
    failed = injection.status == "failed"
    status, reason = ("failed", injection.action["state"]["reason"]) if failed else ("stopped", "Action was stopped")
    for pause_s in RETRIES_S:
        try:
            _withdraw(plant, injection, status, reason)
        except PlantError:
            time.sleep(pause_s)
        else:
            return
    _withdraw(plant, injection, status, reason)
