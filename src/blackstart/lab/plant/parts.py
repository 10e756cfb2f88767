"""The lab's parts, wired together: what starts beside what, and what a region needs to live again.

The order of the start is chosen for speed: what takes longest is under way before the code of the rest is imported.
"""

import asyncio
import importlib
import secrets
import sys
import traceback
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackstart.clock import Clock
from blackstart.lab.links import Links
from blackstart.lab.plant import cache, memory_folder, topology_file
from blackstart.lab.plant.automation_part import Automation
from blackstart.lab.plant.aws_part import AwsApi
from blackstart.lab.plant.first_order import FirstOrder
from blackstart.lab.plant.revival import restore
from blackstart.lab.processes import PartError, Processes
from blackstart.lab.record import Record

if TYPE_CHECKING:
    from blackstart.lab.aurora import Aurora
    from blackstart.lab.edge import Edge
    from blackstart.lab.names import Resolver
    from blackstart.lab.plant.twins import Twins

_WATCH_S = 0.05
DATABASES = "aurora"
"""The folder of the databases' files within the lab's."""


class Parts:
    """Everything a lab runs. ``report`` is told the name of each part that came up."""

    aurora: "Aurora"
    edge: "Edge"
    names: "Resolver"
    twins: "Twins"

    def __init__(
        self, state: Path, record: Record, processes: Processes, clock: Clock, report: Callable[[str], None]
    ) -> None:
        self.state, self.processes = state, processes
        self._layout, self._specification = record.layout, record.specification
        self._clock, self._report = clock, report
        self._password, self._token = secrets.token_hex(16), secrets.token_hex(16)
        self.links = Links(processes, record.layout, state)
        self.aws = AwsApi(record.layout, record.specification, processes, state, token=record.token)
        self.caches = cache.Caches(record.layout, processes, state)
        self.automation = Automation(record.layout, record.specification, processes, state)
        self.first_order = FirstOrder(record.layout)
        self._starting: list[asyncio.Task[None]] = []
        self._background: asyncio.Task[None] | None = None

    async def launch(self) -> None:
        """Set everything going; on return every part exists, and :meth:`whole` tells when all are up."""
        await self._launch_links()
        await self._launch_control_planes()
        await self._launch_databases()
        await self._launch_rest()

    async def _launch_links(self) -> None:
        asked = self._specification
        await self.links.set_replication(delay_ms=asked.replication_delay_ms, rate_kbps=asked.replication_rate_kbps)
        self._begin("links", self.links.start())

    async def _launch_control_planes(self) -> None:
        """Begin with the AWS API, which takes longest of all, and the pods, which wait for their start delay."""
        await _load("blackstart.lab.plant.twins")
        from blackstart.lab.plant.twins import Twins  # noqa: PLC0415 (see _load)

        self.twins = Twins(
            self._layout,
            self._specification,
            self.processes,
            self.state,
            token=self._token,
            database_password=self._password,
        )
        self._begin("aws-api", self._start_aws())
        for region in self._layout.regions:
            self._begin(f"kubernetes {region}", self.twins.start(region))

    async def _launch_databases(self) -> None:
        await _load("blackstart.lab.aurora.controller")
        from blackstart.lab.aurora.controller import Aurora  # noqa: PLC0415 (see _load)

        memory_folder.place(self.state / DATABASES)
        self.aurora = Aurora(
            self._layout,
            self._specification,
            self.processes,
            self.links,
            self.state,
            self._clock,
            password=self._password,
        )
        # The standby's first attempts to stream may come before its link is there: it tries again.
        self._begin("aurora", self.aurora.start())

    async def _launch_rest(self) -> None:
        await _load("blackstart.lab.edge")
        from blackstart.lab.edge import Cluster, Edge  # noqa: PLC0415 (see _load)

        clusters = {r: Cluster(self.twins.url(r), self.twins.authority, self._token) for r in self._layout.regions}
        self.edge = Edge(self._layout, self._specification, self.processes, self.state, clusters)
        self._begin("accelerator", self.edge.start())
        for region in self._layout.regions:
            self._begin(f"alb {region}", self.edge.start_alb(region))
            self._begin(f"cache {region}", self.caches.start(region))
        self._background = asyncio.create_task(self.edge.run())
        self._background.add_done_callback(_tell_failure)
        await _load("blackstart.lab.names")
        from blackstart.lab.names import Endpoints, Resolver  # noqa: PLC0415 (see _load)

        self.names = Resolver(self._layout, Endpoints(self._layout, self.aurora))
        self._begin("names", self.names.start())

    def _begin(self, name: str, start: Coroutine[Any, Any, Any]) -> None:
        self._starting.append(asyncio.create_task(self._reported(name, start)))

    async def _reported(self, name: str, start: Coroutine[Any, Any, Any]) -> None:
        await start
        self._report(name)

    async def whole(self) -> None:
        """Return when every part is up and the first order is accepted. Raises an error that names the part."""
        ordering = asyncio.create_task(self._order())
        watching = asyncio.create_task(self._watch())
        try:
            await _first_failure_or(ordering, [watching, *self._starting])
        finally:
            for task in (ordering, watching, *self._starting):
                task.cancel()

    async def _order(self) -> None:
        await asyncio.gather(*self._starting)
        await self.first_order.accepted()
        self._report("first order")

    async def _start_aws(self) -> None:
        resources = await self.aws.start(self.twins.authority, self._password)
        self.automation.configure(resources)
        await asyncio.to_thread(topology_file.write, self.state, self._layout, self._specification, resources)

    async def _watch(self) -> None:
        """Raise ``PartError`` as soon as a part has failed."""
        while True:
            for child in self.processes.children:
                code = self.processes.exited(child.name)
                # Only tools that a part runs end well; no server does.
                if code not in (None, 0):
                    raise PartError(f"{child.name} ended with exit code {code}")
            await asyncio.sleep(_WATCH_S)

    async def start_automation(self) -> None:
        """Start what watches and fails over. Only now: a lab is up without it, and its start takes a second of work."""
        await self._start_automation(self._layout.regions[1])

    async def _start_automation(self, region: str) -> None:
        await self.automation.start(region)

    def mark_lost(self, region: str) -> None:
        """Tell the database, at once, that the region's processes will be gone or hang."""
        self.aurora.mark_lost(region)

    async def lost(self, region: str) -> None:
        """End what the database had under way in the region."""
        await self.aurora.lose_region(region)

    async def wake(self, region: str) -> None:
        """Prepare a hung region's return: what diverged meanwhile must not serve again as it is."""
        await self.aurora.revive_region(region)

    async def revive(self, region: str) -> None:
        """Start what is missing of the region: cold cache, ALB, Kubernetes with its objects, the database to rejoin.

        Each part is tried a few times, whatever becomes of the others. Raises ``PartError`` naming those that failed.
        """
        from blackstart.lab.plant import twins  # noqa: PLC0415 (see _load)

        starts = {
            cache.name(region): self.caches.start,
            f"alb-{region}": self.edge.start_alb,
            twins.name(region): self.twins.start,
            f"aurora-{region}": self.aurora.revive_region,
        }
        if region == self._layout.regions[1]:
            starts[self.automation.name] = self._start_automation
        await restore(self.processes, {name: partial(start, region) for name, start in starts.items()})


async def _load(module: str) -> None:
    """Import in a thread, so that what was begun goes on meanwhile."""
    await asyncio.to_thread(importlib.import_module, module)


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Write to the log why something ended that should go on as long as the lab."""
    if not task.cancelled() and (error := task.exception()) is not None:
        sys.stderr.write("".join(traceback.format_exception(error)))


async def _first_failure_or(wanted: asyncio.Task[None], others: list[asyncio.Task[None]]) -> None:
    """Wait for the wanted task; raise what any of the others fails with before."""
    waiting = {wanted, *others}
    while not wanted.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    wanted.result()
