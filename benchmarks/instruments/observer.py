"""What takes part in the comparison: something that is started on a URL, stopped, and asked what it saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Callable[[str, Path], Sequence[str]]


@dataclass(frozen=True)
class Reply:
    """One answer as a tool tells it: when (monotonic seconds), and whether it calls it good."""

    told_s: float
    good: bool


@dataclass(frozen=True)
class Bounded:
    """A figure with its bounds, in seconds."""

    point_s: float
    earliest_s: float
    latest_s: float

    def missed_by_s(self, least_s: float, most_s: float) -> float:
        """Return how far the bounds are from a truth that lies somewhere in there; 0 where they can hold it."""
        return max(0.0, self.earliest_s - most_s, least_s - self.latest_s)


@dataclass(frozen=True)
class SeenOutage:
    """An outage that an observer states itself; the instants are monotonic seconds. None: it does not know."""

    start: Bounded | None
    end: Bounded | None
    downtime: Bounded | None


@dataclass(frozen=True)
class Sight:
    """All that an observer saw: the outages that it states, or the replies from which people compute them."""

    probes_s: Sequence[float]
    outages: Sequence[SeenOutage] | None = None
    replies: Sequence[Reply] = ()


@dataclass(frozen=True)
class Observer:
    """``command`` starts it; it has begun once a file matches ``begun``; ``sight`` reads what it left in its folder.

    It ends when its standard input ends, or by SIGINT where ``interrupted``. ``absent`` says why it cannot take part
    on this machine; None: it can.
    """

    name: str
    command: Command
    begun: str
    sight: Callable[[Path], Sight]
    interrupted: bool = False
    absent: str | None = None
