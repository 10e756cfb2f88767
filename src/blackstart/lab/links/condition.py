"""What a path does to the traffic that passes it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypedDict, get_args

from blackstart.outcome import UsageError

State = Literal["open", "black-hole", "refuse"]


class Changes(TypedDict, total=False):
    """The part of a condition that is to change."""

    state: State
    delay_ms: float
    rate_kbps: float | None


@dataclass(frozen=True)
class Condition:
    """How a path treats traffic.

    ``state``: *open* passes it; *black-hole* stalls live connections, lets new ones time out and loses what is in
    flight; *refuse* resets live connections and refuses new ones. ``delay_ms`` holds back what flows to the side that
    connected (replies, replicated data), so a round trip costs it once. ``rate_kbps`` (kilobytes a second, None:
    unlimited) paces each direction of the path, shared by its connections.
    """

    state: State = "open"
    delay_ms: float = 0
    rate_kbps: float | None = None

    def __post_init__(self) -> None:
        if self.state not in get_args(State):
            raise UsageError(f"link state {self.state!r}: use one of {', '.join(get_args(State))}")
        if self.delay_ms < 0:
            raise UsageError(f"link delay_ms {self.delay_ms}: use 0 or more milliseconds")
        if self.rate_kbps is not None and self.rate_kbps <= 0:
            raise UsageError(f"link rate_kbps {self.rate_kbps}: use a positive number, or null for unlimited")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
