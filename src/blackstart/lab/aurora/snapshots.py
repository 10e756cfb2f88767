"""What a failover left behind: the old writer's last state, kept before it is rewound, and servers made of it."""

import asyncio
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from blackstart.clock import Clock
from blackstart.lab.aurora.errors import GlobalClusterStateError
from blackstart.lab.aurora.instance import Instance, Passwords
from blackstart.lab.aurora.programs import Processes
from blackstart.lab.layout import RESTORED, Layout
from blackstart.outcome import BlackstartError

PREFIX = "rds:unplanned-global-failover-"
"""How Aurora begins the name of what it keeps of an old primary."""
_POLL_S = 0.05


@dataclass(frozen=True)
class Snapshot:
    """One region's last state as its writer; ``commits_past_switch`` are those in it that the new writer never had."""

    name: str
    region: str
    created: str
    commits_past_switch: int | None


class Snapshots:
    """Keeps the newest snapshot of each region, and runs at most one server in each that was restored from it.

    The restored server is an island: it streams from nobody, nobody streams from it, and the shop knows no name of it.
    """

    def __init__(self, layout: Layout, processes: Processes, folder: Path, passwords: Passwords, clock: Clock) -> None:
        self._clock = clock
        self._layout, self._processes, self._folder = layout, processes, folder
        self._kept: dict[str, Snapshot] = {}
        self._restored: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._available: set[str] = set()
        self._islands = {
            region: Instance(layout, region, RESTORED, processes, folder, passwords) for region in layout.regions
        }

    async def keep(self, writer: Instance, commits_past_switch: int | None) -> None:
        """Keep a stopped writer's files. As on AWS a best effort: what cannot be kept is told in the lab's log."""
        region, now = writer.region, self._clock.wall()
        name = f"{PREFIX}{self._layout.cluster_name(region)}-{now:%Y-%m-%d-%H-%M-%S}"
        self._kept.pop(region, None)
        try:
            await _to_the_end(_copy, writer.datadir, self._files(region))
        except OSError as error:
            sys.stderr.write(f"no snapshot of {writer.id} was kept: {error}\n")
        else:
            self._kept[region] = Snapshot(name, region, now.isoformat(), commits_past_switch)

    def restore(self, name: str, cluster: str) -> None:
        """Begin to start a server, as that cluster, from a snapshot. Raises ``GlobalClusterStateError``."""
        kept = next((kept for kept in self._kept.values() if kept.name == name), None)
        if kept is None:
            raise GlobalClusterStateError(f"snapshot {name} is not there any more")
        if kept.region in self._restored:
            there = self._restored[kept.region]
            raise GlobalClusterStateError(f"{there} is restored already: the lab has room for one a region")
        self._restored[kept.region] = cluster
        self._tasks[kept.region] = asyncio.create_task(self._start(kept.region))

    async def discard(self, region: str, cluster: str) -> None:
        """End a restored server and remove its files; one that is not there is no error."""
        if self._restored.get(region) != cluster:
            return
        self._tasks[region].cancel()
        await asyncio.wait([self._tasks[region]])
        island = self._islands[region]
        await island.kill()
        await asyncio.to_thread(shutil.rmtree, island.datadir, ignore_errors=True)
        self._available.discard(region)
        del self._restored[region]

    def restored(self, region: str) -> str | None:
        """Return the name of the region's restored cluster, if there is one."""
        return self._restored.get(region)

    def as_json(self) -> dict[str, Any]:
        return {
            "snapshots": [asdict(kept) for kept in self._kept.values()],
            "restored": [
                {"region": region, "cluster": cluster, "status": self._status(region)}
                for region, cluster in self._restored.items()
            ],
        }

    def _status(self, region: str) -> str:
        """Return its state; a restored server dies with its region, as every other does."""
        return "available" if region in self._available and self._islands[region].alive else "creating"

    async def _start(self, region: str) -> None:
        island = self._islands[region]
        try:
            await _to_the_end(_copy, self._files(region), island.datadir)
            await island.start(None)
            while not await _answers(island):  # noqa: ASYNC110 (a try, not a state: there is no event)
                await asyncio.sleep(_POLL_S)
        except (OSError, BlackstartError) as error:
            sys.stderr.write(f"{self._restored.get(region)} could not be restored: {error}\n")
        else:
            self._available.add(region)

    def _files(self, region: str) -> Path:
        return self._folder / f"{region}-snapshot"


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


async def _to_the_end(work: Any, *arguments: Any) -> None:
    """Work in a thread; return, also when called off, only when the thread has ended: nobody else may write there."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        await asyncio.shield(task)
    finally:
        if not task.done():
            await asyncio.wait([task])


async def _answers(instance: Instance) -> bool:
    try:
        async with asyncio.timeout(2), await instance.connect() as connection:
            await connection.execute("SELECT 1")
    except (OSError, TimeoutError, psycopg.Error):
        return False
    return True
