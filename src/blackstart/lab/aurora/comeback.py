"""How a region's instances come back: restarted in their role, or rewound into a new one."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import psycopg

from blackstart.lab.aurora.cluster import Cluster
from blackstart.lab.aurora.divergence import Switch, commits_past
from blackstart.lab.aurora.errors import AuroraError
from blackstart.lab.aurora.promotion import checkpoint
from blackstart.lab.aurora.rejoin import copy, reached, rewind_or_copy
from blackstart.lab.aurora.tasks import end

_RETRY_S = 0.5


class Comebacks:
    """What is under way, one thing a region."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def end(self, region: str) -> None:
        """End what is under way for the region."""
        if (task := self._tasks.pop(region, None)) is not None:
            await end([task])

    async def end_all(self) -> None:
        await end(list(self._tasks.values()))

    async def restart(self, region: str) -> None:
        """Start a region's instances in the role that they had."""
        cluster = self._cluster
        for instance in cluster.regions[region]:
            if not instance.alive:
                await instance.start(cluster.source_of(instance))
        standby = cluster.standby
        if standby in cluster.diverged or standby in cluster.lost:
            return
        if standby != region:
            # Its receiver may hang in an attempt that it made while the writer was away.
            cluster.first(standby).reconnect()
        self.begin(standby, self.connect(standby))

    async def connect(self, region: str) -> None:
        """Spare a replica the link's delay until it streams: it takes some six round trips to get there."""
        async with self._cluster.links.unshaped(self._cluster.path(region)):
            with suppress(AuroraError):
                await reached(self._cluster.first(region), lambda: self._cluster.connected(region))

    def begin(self, region: str, work: Coroutine[Any, Any, None]) -> None:
        """Do one thing at a time for a region: what is begun ends what was under way."""
        if (task := self._tasks.pop(region, None)) is not None:
            task.cancel()
        self._tasks[region] = asyncio.create_task(work)

    async def rejoin(self, region: str) -> None:
        """Read an old writer region's log, then make it a standby, however often that takes."""
        switch = self._cluster.diverged[region]
        if switch is not None:
            await self.count(region, switch)
        async with self._cluster.links.unshaped(self._cluster.path(region)):
            while not await self._rewound(region):  # noqa: ASYNC110 (a try, not a state: there is no event to wait for)
                await asyncio.sleep(_RETRY_S)
            del self._cluster.diverged[region]

    async def count(self, region: str, switch: Switch) -> None:
        """Count what the stopped old writer had committed past the switch, once a transition."""
        done = self._cluster.completed
        if done is not None and done.from_region == region and done.read_at_ns is None:
            commits = await commits_past(self._cluster.first(region), switch)
            self._cluster.past[-1] = done.counted(commits, self._cluster.clock.now_ns())

    async def _rewound(self, region: str) -> bool:
        """Make the region a standby again; tell whether that worked (the writer may be out of reach)."""
        first, *others = self._cluster.regions[region]
        source = self._cluster.source_of(first)
        assert source is not None
        try:
            await asyncio.gather(*(instance.kill() for instance in (first, *others)))
            await checkpoint(self._cluster.first(self._cluster.writer))
            await rewind_or_copy(first, source)
            await first.start(source)
            written = await self._written()
            await reached(first, lambda: self._cluster.has_reached(first, written))
            for instance in others:
                inner = self._cluster.source_of(instance)
                assert inner is not None
                await copy(instance, inner)
                await instance.start(inner)
        except (AuroraError, OSError, TimeoutError, psycopg.Error):
            return False
        return True

    async def _written(self) -> int:
        """Return the position that the writer has reached. Raises ``AuroraError`` when it does not answer."""
        reading = await self._cluster.watch(self._cluster.writer).read()
        if reading is None:
            raise AuroraError(f"the writer in {self._cluster.writer} does not answer")
        return reading.position
