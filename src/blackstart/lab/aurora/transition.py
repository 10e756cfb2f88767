"""What a move of the writer is: asked for, under way, done."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from blackstart.lab.aurora.divergence import Switch

Mode = Literal["failover", "switchover"]
Status = Literal["pending", "failing-over", "switching-over", "cancelling"]


@dataclass
class Transition:
    """A failover or switchover under way, from the region that writes to the one that shall."""

    mode: Mode
    from_region: str
    to_region: str
    data_loss_allowed: bool
    started_ns: int
    status: Status = "pending"

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "from_region": self.from_region,
            "to_region": self.to_region,
            "data_loss_allowed": self.data_loss_allowed,
        }


@dataclass(frozen=True)
class Completed:
    """The last transition that succeeded.

    ``commits_past_switch``: what the old writer had committed and the new one never had, counted in the old writer's
    log at ``read_at_ns``; None until it could be read.
    """

    mode: Mode
    from_region: str
    to_region: str
    started_ns: int
    promoted_ns: int
    switch: Switch
    commits_past_switch: int | None = None
    read_at_ns: int | None = None

    def counted(self, commits: int | None, at_ns: int) -> "Completed":
        return replace(self, commits_past_switch=commits, read_at_ns=at_ns)

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "from_region": self.from_region,
            "to_region": self.to_region,
            "started_ns": self.started_ns,
            "promoted_ns": self.promoted_ns,
            "switch_lsn": self.switch.lsn,
            "commits_past_switch": self.commits_past_switch,
            "read_at_ns": self.read_at_ns,
        }


@dataclass(frozen=True)
class Takeover:
    """A failover inside a region: the old writer was killed at ``struck_ns``, the new one accepted writes at
    ``promoted_ns``, or has not yet.
    """

    region: str
    from_instance: str
    to_instance: str
    struck_ns: int
    promoted_ns: int | None = None

    def completed(self, at_ns: int) -> "Takeover":
        return replace(self, promoted_ns=at_ns)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
