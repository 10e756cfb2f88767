"""blackstart: disaster-recovery drills whose numbers can be believed."""

from typing import Any

__version__ = "0.1.0"

ACTIVITIES = {
    "actions": (
        "automated_failover",
        "database",
        "deployment",
        "disaster",
        "failover_automation",
        "fault_injection",
        "ingress",
        "pods",
        "records",
        "targets",
        "traffic_dials",
    ),
    "probes": (
        "cache",
        "capacity",
        "endpoints",
        "failover",
        "failover_automation",
        "recovery",
        "replication",
        "survivors",
        "traffic",
    ),
}
"""The modules whose functions Chaos Toolkit may call, by room."""


def discover(discover_system: bool = True) -> dict[str, Any]:
    """Return what ``chaos discover blackstart`` shows: every action and probe with its arguments.

    ``discover_system`` is accepted as Chaos Toolkit passes it; nothing of a system is looked at.
    """
    from chaoslib.discovery.discover import (  # noqa: PLC0415 - only discovery needs it
        discover_actions,
        discover_probes,
        initialize_discovery_result,
    )

    found: dict[str, Any] = initialize_discovery_result("blackstart", __version__, "blackstart")
    for room, find in (("actions", discover_actions), ("probes", discover_probes)):
        for module in ACTIVITIES[room]:
            found["activities"].extend(find(f"blackstart.{room}.{module}"))
    return found
