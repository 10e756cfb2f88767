"""The global cluster's control plane: start, failover, switchover, loss and return of a region."""

import asyncio
import secrets
from pathlib import Path
from typing import Any, Protocol

from blackstart.clock import Clock
from blackstart.lab.aurora.cluster import Cluster, Links
from blackstart.lab.aurora.comeback import Comebacks
from blackstart.lab.aurora.creation import create
from blackstart.lab.aurora.description import describe
from blackstart.lab.aurora.errors import AuroraError
from blackstart.lab.aurora.instance import Instance, Passwords
from blackstart.lab.aurora.moves import Moves
from blackstart.lab.aurora.programs import Processes
from blackstart.lab.aurora.takeover import Takeovers
from blackstart.lab.aurora.transition import Mode, Takeover
from blackstart.lab.layout import CLIENT_VIEW, Layout
from blackstart.outcome import UsageError

_POLL_S = 0.01
_START_TIMEOUT_S = 60


class Timings(Protocol):
    """The part of a timing profile that matters here."""

    @property
    def promotion_s(self) -> float: ...

    @property
    def takeover_s(self) -> float: ...


class Specification(Protocol):
    """The part of a lab's specification that matters here."""

    @property
    def timings(self) -> Timings: ...


class Aurora:
    """One global cluster: a writer region, a standby region, and what moves the one to the other.

    The caller cuts links and kills processes when a region is lost; this class keeps the books, and brings the
    region's instances back in the role that they have by then.
    """

    def __init__(
        self,
        layout: Layout,
        spec: Specification,
        processes: Processes,
        links: Links,
        state: Path,
        clock: Clock,
        *,
        password: str,
    ) -> None:
        """``password`` is the shop's own; the others are made up here and never leave."""
        passwords = Passwords(secrets.token_hex(16), secrets.token_hex(16), password)
        self._layout = layout
        self._cluster = Cluster(layout, processes, links, state / "aurora", clock, passwords)
        self._comebacks = Comebacks(self._cluster)
        self._moves = Moves(self._cluster, self._comebacks, spec.timings.promotion_s)
        self._takeovers = Takeovers(self._cluster, self._comebacks, spec.timings.takeover_s)
        self._watching: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Create the databases and start all instances; return when the writer answers and all standbys stream."""
        cluster = self._cluster
        first = cluster.leader(cluster.writer)
        await create(first, [instance for instance in cluster.all if instance is not first])
        await asyncio.gather(*(instance.start(cluster.source_of(instance)) for instance in cluster.all))
        self._watching = [asyncio.create_task(watch.follow()) for watch in cluster.watches.values()]
        async with cluster.links.unshaped(cluster.path(cluster.standby)), asyncio.timeout(_START_TIMEOUT_S):
            while not cluster.ready():
                self._check_alive()
                await asyncio.sleep(_POLL_S)

    def ready(self) -> bool:
        """Tell whether the writer answers and every standby streams."""
        return self._cluster.ready()

    def describe(self) -> dict[str, Any]:
        """Return the state of the global cluster, a tenth of a second old; never waits for a server."""
        return describe(self._cluster)

    def writer_address(self, region: str, view: int = CLIENT_VIEW) -> str:
        """Return the address of the instance that writes when its region does, as seen from a view."""
        return self._address(self._cluster.leader(region), view)

    def reader_addresses(self, region: str, view: int = CLIENT_VIEW) -> list[str]:
        """Return where the region's reader endpoint leads: to the readers that answer, or to the writer without any."""
        cluster = self._cluster
        readers = [reader for reader in cluster.followers(region) if cluster.answers(reader)]
        return [self._address(instance, view) for instance in readers or [cluster.leader(region)]]

    def mark_lost(self, region: str) -> None:
        """Take note, before it is so, that a region is off or hung: nothing more is begun in it until it is revived."""
        self._cluster.lost.add(region)
        self._cluster.problems.pop(region, None)
        for instance in self._cluster.regions[region]:
            instance.lost()
        self._comebacks.cancel(region)

    async def lose_region(self, region: str) -> None:
        """End what was under way in a region that is off or hung; return when it has ended."""
        self.mark_lost(region)
        await self._comebacks.end(region)
        move = self._cluster.transition
        if move is not None and region == move.to_region:
            await self._moves.cancel()

    async def revive_region(self, region: str) -> None:
        """Begin to bring a region's instances back, in the role that they have when no move is under way any more.

        A region that wrote until a failover is isolated and read before it is rewound. Its instances are killed
        first, in case they still run (a hung region): call this before they can be reached again.
        """
        if region in self._cluster.diverged or self._moves.deposes(region):
            await self._moves.fence(region)
        self._cluster.lost.discard(region)
        self._comebacks.begin(region, lambda: self._come_back(region))

    async def _come_back(self, region: str) -> None:
        await self._moves.over()
        again = self._comebacks.rejoin if region in self._cluster.diverged else self._comebacks.restart
        await again(region)

    def restore_snapshot(self, name: str, cluster: str) -> None:
        """Begin to start a server of its own, as that cluster, from what was kept of an old writer.

        Raises ``GlobalClusterStateError`` when the snapshot is gone, or its region has a restored server already.
        """
        self._cluster.snapshots.restore(name, cluster)

    async def discard_restored(self, region: str, cluster: str) -> None:
        """End a restored server and remove its files; one that is not there is no error."""
        await self._cluster.snapshots.discard(region, cluster)

    def restored_cluster(self, region: str) -> str | None:
        """Return the name of the region's restored cluster, if there is one."""
        return self._cluster.snapshots.restored(region)

    async def failover(self, target: str, mode: Mode = "failover", data_loss_allowed: bool = True) -> None:
        """Begin to make ``target`` the writer region; :meth:`describe` tells how it goes.

        ``failover`` takes what the target has; ``switchover`` stops the writer, lets the target have everything, and
        loses nothing. Raises ``GlobalClusterStateError`` when that cannot be done, ``UsageError`` for a wrong word.
        """
        await self._moves.begin(target, mode, data_loss_allowed)

    async def fail_over_writer(self, region: str, target: str | None = None) -> Takeover:
        """Kill the region's writer and begin to make ``target``, else any reader of the region, the writer.

        No acknowledged write is lost. The old writer comes back as a reader; :meth:`describe` tells how it goes.
        Raises ``ClusterStateError`` when that cannot be done, ``UsageError`` for a region that is not there.
        """
        if region not in self._layout.regions:
            raise UsageError(f"failover inside {region!r}: use one of {', '.join(self._layout.regions)}")
        return await self._takeovers.begin(region, target)

    def _address(self, instance: Instance, view: int) -> str:
        if view == self._layout.view(instance.region):
            return instance.address
        return self._layout.instance_link(view, instance.region, instance.number)

    def _check_alive(self) -> None:
        for instance in self._cluster.all:
            if not instance.alive:
                raise AuroraError(f"{instance.id} did not start: see {instance.name}.log in the lab's logs")
