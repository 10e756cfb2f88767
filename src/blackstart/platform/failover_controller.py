"""The system's failover controller, as far as a drill may look: what it says that it is doing."""

import json
from dataclasses import dataclass

from blackstart.platform import aws
from blackstart.platform.alarms import automation
from blackstart.topology import Topology


@dataclass(frozen=True)
class Doing:
    """What the controller says of itself: whether a failover runs, and in words."""

    running: bool
    words: str


def doing(topology: Topology) -> Doing:
    """Read the controller's state. Raises ``LookupError`` when what it says cannot be understood."""
    declared = automation(topology)
    client = aws.client(topology, "ssm", declared.region)
    value = client.get_parameter(Name=declared.controller.state)["Parameter"]["Value"]
    try:
        said = json.loads(value)
        return Doing({"running": True, "idle": False}[said["state"]], str(said.get("doing") or said["state"]))
    except (ValueError, KeyError, TypeError) as error:
        raise LookupError(f"{declared.controller.state} says {value!r}: state must be running or idle") from error
