"""What the automation is started with."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blackstart.lab.layout import CLIENT_VIEW, Layout
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError


@dataclass(frozen=True)
class Configuration:
    """One lab's automation. ``state`` is a folder of its own; ``zone`` holds the records that it points."""

    layout: Layout
    specification: Specification
    state: Path
    zone: str
    listener: str

    @property
    def primary(self) -> str:
        return self.layout.regions[0]

    @property
    def standby(self) -> str:
        return self.layout.regions[1]

    @property
    def entry(self) -> str:
        """Return the URL of the primary's load balancer, as it is reached from outside the region."""
        return f"http://{self.layout.alb_link(CLIENT_VIEW, self.primary)}:{self.layout.ports.http}/catalogue"

    def as_json(self) -> dict[str, Any]:
        parts = {"layout": self.layout.as_json(), "specification": self.specification.as_json()}
        return parts | {"state": str(self.state), "zone": self.zone, "listener": self.listener}

    @classmethod
    def load(cls, path: Path) -> "Configuration":
        """Read the file that the plant writes. Raises ``UsageError``."""
        try:
            data = json.loads(path.read_text())
            return cls(
                Layout.from_json(data["layout"]),
                Specification.from_json(data["specification"]),
                Path(data["state"]),
                data["zone"],
                data["listener"],
            )
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"{path}: cannot read the automation's configuration ({error}); lab up starts it"
            ) from error
