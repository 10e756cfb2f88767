"""What is read after things were put right: that the service is steady, and that a failback lost nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any

from blackstart.events import EventLog
from blackstart.platform.setting import Setting
from blackstart.probes.recovery import service_steady
from blackstart.probes.survivors import surviving_orders

MARGIN_S = 0.5
"""How much longer than the stabilisation window the service is watched, seconds: the judge dates the window by the
probes' own times."""


def watch_until_steady(here: Setting, configuration: dict[str, Any], events: EventLog, stabilisation_s: float) -> None:
    """Record whether the service became steady, as an activity: one that fails is evidence, and breaks nothing."""
    steady = partial(service_steady, stabilisation_s + MARGIN_S, configuration=configuration)
    _record(here, events, "the service is steady in the end", steady)


def watch_after_failback(
    here: Setting, configuration: dict[str, Any], events: EventLog, stabilisation_s: float
) -> None:
    """Record the steady state and the survivors after the way back."""
    watch_until_steady(here, configuration, events, stabilisation_s)
    read_after_failback(here, configuration, events)


def read_after_failback(here: Setting, configuration: dict[str, Any], events: EventLog) -> None:
    """Record the survivors in the primary, once it writes again."""
    orders = partial(surviving_orders, "primary", "after-failback", configuration=configuration)
    _record(here, events, "read the orders back from the primary", orders)


def _record(here: Setting, events: EventLog, name: str, reading: Callable[[], object]) -> None:
    started = here.clock.now_ns()
    error = None
    try:
        reading()
    except Exception as failure:  # noqa: BLE001 - a reading that fails must not undo a failback that succeeded
        error = str(failure) or repr(failure)
    events.record(
        "activity",
        section="failback",
        name=name,
        type="probe",
        started=started,
        ended=here.clock.now_ns(),
        status="failed" if error else "succeeded",
        error=error,
    )
