"""How a region's instances come back: restarted in their role, or rewound into a new one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg

from blackstart.lab.aurora.cluster import Cluster
from blackstart.lab.aurora.divergence import commits_past
from blackstart.lab.aurora.errors import AuroraError
from blackstart.lab.aurora.promotion import checkpoint, promote
from blackstart.lab.aurora.rejoin import copy, reached, rewind_or_copy
from blackstart.outcome import BlackstartError

_RETRY_S = 0.5
_FAILURES = (BlackstartError, OSError, TimeoutError, psycopg.Error)
"""What an attempt may end with and the next one need not: no program, no room, nobody there."""


class Comebacks:
    """What is under way, one thing a region."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = {region: asyncio.Lock() for region in cluster.layout.regions}
        """Held until what was begun has ended with all that it started: the next one works in the same folders."""

    def begin(self, region: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Do one thing at a time for a region: what is begun ends what was under way, and starts when that is gone.

        What is called off at once never starts: only the task that is returned tells surely that it is over.
        """
        self.cancel(region)
        task = asyncio.create_task(self._alone(region, work))
        self._tasks[region] = task
        return task

    def cancel(self, region: str) -> None:
        """Tell what is under way for the region to end."""
        if (task := self._tasks.pop(region, None)) is not None:
            task.cancel()

    async def end(self, region: str) -> None:
        """End what is under way for the region; return when it has left nothing running."""
        self.cancel(region)
        async with self._turns[region]:
            pass

    async def _alone(self, region: str, work: Callable[[], Awaitable[None]]) -> None:
        async with self._turns[region]:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 (nobody waits for it: it is told with the region's state)
                self._cluster.report(region, error)

    async def restart(self, region: str) -> None:
        """Start a region's instances in the role that they have by now, however often that takes."""
        cluster = self._cluster
        await self.until_done(region, self._restarted)
        standby = cluster.standby
        if standby in cluster.diverged or standby in cluster.lost:
            return
        if standby == region:
            await self.connect(region)
            return
        source = cluster.source_of(cluster.leader(standby))
        if source is not None and cluster.leader(standby).alive:
            # Its receiver may hang in an attempt that it made while the writer was away, or the writer is another.
            cluster.leader(standby).reconnect(source)
        if not self.under_way(standby):
            self.begin(standby, lambda: self.connect(standby))

    async def connect(self, region: str) -> None:
        """Spare a replica the link's delay until it streams: it takes some six round trips to get there."""
        async with self._cluster.links.unshaped(self._cluster.path(region)):
            with suppress(AuroraError):
                await reached(self._cluster.leader(region), lambda: self._cluster.connected(region))

    async def rejoin(self, region: str) -> None:
        """Read an old writer region's log, then make it a standby, however often that takes."""
        await self.until_done(region, self._rejoined)

    def under_way(self, region: str) -> bool:
        """Tell whether something is under way for the region."""
        return region in self._tasks and not self._tasks[region].done()

    async def until_done(self, region: str, attempt: Callable[[str], Awaitable[None]]) -> None:
        """Repeat until an attempt succeeds; meanwhile the region's state tells why the last one did not."""
        while True:
            try:
                await attempt(region)
            except _FAILURES as error:
                self._cluster.problems[region] = f"{type(error).__name__}: {error}"
            else:
                self._cluster.problems.pop(region, None)
                return
            await asyncio.sleep(_RETRY_S)

    async def _restarted(self, region: str) -> None:
        cluster = self._cluster
        await self._count(region)
        if region == cluster.writer and cluster.leader(region).alive:
            # Nothing to do, but where a failover inside the region was given up just before it.
            await promote(cluster.leader(region), cluster.all)
        for instance in cluster.regions[region]:
            if not instance.alive:
                await instance.start(cluster.source_of(instance))

    async def _rejoined(self, region: str) -> None:
        """Make the region a standby again. Raises when that did not work: the writer may be out of reach."""
        if not self._cluster.in_touch():
            # Nobody can tell an old writer to stop: it goes on until somebody can.
            raise AuroraError(f"{region} cannot rejoin: all links between the regions are closed")
        await asyncio.gather(*(instance.kill() for instance in self._cluster.regions[region]))
        await self._count(region)
        async with self._cluster.links.unshaped(self._cluster.path(region)):
            await self._rebuilt(region)
            self._cluster.diverged.pop(region, None)

    async def _rebuilt(self, region: str) -> None:
        leader = self._cluster.leader(region)
        source = self._cluster.source_of(leader)
        assert source is not None
        await checkpoint(self._cluster.leader(self._cluster.writer))
        await rewind_or_copy(leader, source)
        await leader.start(source)
        written = await self._written()
        await reached(leader, lambda: self._cluster.has_reached(leader, written))
        for instance in self._cluster.followers(region):
            inner = self._cluster.source_of(instance)
            assert inner is not None
            await copy(instance, inner)
            await instance.start(inner)

    async def _count(self, region: str) -> None:
        """Count what the stopped old writer had committed past the switch, and keep its state, once a transition."""
        done, leader = self._cluster.completed, self._cluster.leader(region)
        if done is not None and done.from_region == region and done.read_at_ns is None and not leader.alive:
            commits = await commits_past(leader, done.switch)
            if done.mode == "failover":
                await self._cluster.snapshots.keep(leader, commits)
            self._cluster.past[-1] = done.counted(commits, self._cluster.clock.now_ns())

    async def _written(self) -> int:
        """Return the position that the writer has reached. Raises ``AuroraError`` when it does not answer."""
        reading = await self._cluster.watch(self._cluster.writer).read()
        if reading is None:
            raise AuroraError(f"the writer in {self._cluster.writer} does not answer")
        return reading.position
