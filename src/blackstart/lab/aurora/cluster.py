"""What is known of the global cluster: its members, what is lost, what has diverged, what moves."""

import sys
import traceback
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from blackstart.clock import Clock
from blackstart.lab.aurora.divergence import Switch
from blackstart.lab.aurora.instance import Passwords
from blackstart.lab.aurora.members import Members
from blackstart.lab.aurora.programs import Processes
from blackstart.lab.aurora.snapshots import Snapshots
from blackstart.lab.aurora.transition import Completed, Takeover, Transition
from blackstart.lab.layout import Layout
from blackstart.lab.links.paths import all_paths, database_path


class Links(Protocol):
    """What tells the condition of the paths between the regions, and can lift their delay and pace for a while."""

    def snapshot(self) -> dict[str, dict[str, Any]]: ...

    def unshaped(self, name: str) -> AbstractAsyncContextManager[None]: ...


class Cluster(Members):
    """The members and the books about them."""

    def __init__(
        self,
        layout: Layout,
        processes: Processes,
        links: Links,
        folder: Path,
        clock: Clock,
        passwords: Passwords,
    ) -> None:
        super().__init__(layout, processes, folder, passwords, clock)
        self.links = links
        self.clock = clock
        self.snapshots = Snapshots(layout, processes, folder, passwords, clock)
        self.lost: set[str] = set()
        """Regions that are off or hung."""
        self.diverged: dict[str, Switch | None] = {}
        """Regions whose history went another way than the writer's: from a known switch on, if they wrote until a
        failover; from nobody knows where, if their promotion was given up half-way."""
        self.transition: Transition | None = None
        self.past: list[Completed] = []
        """Every transition that succeeded, in order."""
        self.takeover: Takeover | None = None
        """The failover inside the writer's region that is under way."""
        self.takeovers: list[Takeover] = []
        """Every failover inside a region that succeeded, in order."""
        self.problems: dict[str, str] = {}
        """What keeps a region's databases from coming back, or from taking over: what failed last."""

    @property
    def completed(self) -> Completed | None:
        """The last transition that succeeded."""
        return self.past[-1] if self.past else None

    def connected(self, region: str) -> bool:
        """Tell whether the region's replica receives what the writer writes."""
        reading = self.watch(region).reading
        broken = {region, self.writer} & self.lost or region in self.diverged
        if broken or reading is None or not reading.streaming:
            return False
        return bool(self.links.snapshot()[self.path(region)]["state"] == "open")

    def in_touch(self) -> bool:
        """Tell whether anything gets through between the regions, whichever way."""
        states = self.links.snapshot()
        between = (path.name for path in all_paths(self.layout) if set(path.ends) == set(self.layout.regions))
        return any(states[name]["state"] == "open" for name in between)

    def report(self, region: str, error: Exception) -> None:
        """Tell of something that failed in the background for good, in the region's state and in the lab's log."""
        self.problems[region] = f"{type(error).__name__}: {error}"
        sys.stderr.write("".join(traceback.format_exception(error)))

    def path(self, region: str) -> str:
        """Return the name of the path through which the region's replica reaches the writer."""
        return database_path(region, self.writer, self.leaders[self.writer])

    def ready(self) -> bool:
        """Tell whether the writer answers and every standby streams."""
        readings = {id_: watch.reading for id_, watch in self.watches.items()}
        writer = self.leader(self.writer).id
        return all(reading is not None and (reading.streaming or id_ == writer) for id_, reading in readings.items())
