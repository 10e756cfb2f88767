"""Moving the writer to the other region: as a failover, which takes what is there, or a switchover, which waits."""

import asyncio

import psycopg

from blackstart.lab.aurora.cluster import Cluster
from blackstart.lab.aurora.comeback import Comebacks
from blackstart.lab.aurora.divergence import switch_point
from blackstart.lab.aurora.errors import AuroraError, GlobalClusterStateError
from blackstart.lab.aurora.instance import Instance
from blackstart.lab.aurora.promotion import final_position, promote, replayed
from blackstart.lab.aurora.tasks import end
from blackstart.lab.aurora.transition import Completed, Mode, Transition
from blackstart.outcome import UsageError

_RETRY_S = 0.5


class Moves:
    """At most one move is under way."""

    def __init__(self, cluster: Cluster, comebacks: Comebacks, promotion_s: float) -> None:
        self._cluster = cluster
        self._comebacks = comebacks
        self._promotion_s = promotion_s
        self._task: asyncio.Task[None] | None = None

    async def over(self) -> None:
        """Return when no move is under way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def cancel(self) -> None:
        """Give up the move that is under way, if any: the writer stays where it is, and writes again."""
        move = self._cluster.transition
        if move is None:
            return
        move.status = "cancelling"
        await self.end()
        if move.from_region == self._cluster.writer and move.from_region not in self._cluster.lost:
            await self._comebacks.restart(move.from_region)

    async def end(self) -> None:
        """End the move that is under way, and leave everything as it is."""
        if self._task is not None:
            await end([self._task])

    async def begin(self, target: str, mode: Mode, data_loss_allowed: bool) -> None:
        """Begin to make ``target`` the writer region. Raises as :meth:`Aurora.failover` does."""
        if target not in self._cluster.layout.regions or mode not in {"failover", "switchover"}:
            raise UsageError(
                f"{mode} to {target!r}: use failover or switchover to one of {self._cluster.layout.regions}"
            )
        await self._check(target, mode, data_loss_allowed)
        move = Transition(mode, self._cluster.writer, target, data_loss_allowed, self._cluster.clock.now_ns())
        self._cluster.transition = move
        self._task = asyncio.create_task(self._move(move))

    async def _check(self, target: str, mode: Mode, data_loss_allowed: bool) -> None:
        writer = self._cluster.writer
        watch = self._cluster.watch(target)
        await watch.read()
        refusals = {
            "a failover or switchover is in progress": self._cluster.transition is not None,
            f"{target} is the writer region already": target == writer,
            f"the cluster in {target} does not answer": target in self._cluster.lost or watch.reading is None,
            f"the cluster in {target} is still rejoining": target in self._cluster.diverged,
            f"the cluster in {target} never received anything from {writer}": not watch.has_streamed,
            "a failover needs AllowDataLoss": mode == "failover" and not data_loss_allowed,
            f"{target} is not connected to {writer}: only a failover is possible": (
                mode == "switchover" and not self._cluster.connected(target)
            ),
        }
        for reason, holds in refusals.items():
            if holds:
                raise GlobalClusterStateError(f"global cluster {mode} to {target}: {reason}")

    async def _move(self, move: Transition) -> None:
        try:
            if move.mode == "failover":
                await self._fail_over(move)
            else:
                await self._switch_over(move)
        finally:
            self._cluster.transition = None

    async def _fail_over(self, move: Transition) -> None:
        move.status = "failing-over"
        if move.from_region not in self._cluster.lost:
            # Fencing: an old writer that can be reached acknowledges nothing any more.
            await asyncio.gather(*(instance.kill() for instance in self._cluster.regions[move.from_region]))
        await self._promote(move)
        assert self._cluster.completed is not None
        self._cluster.diverged[move.from_region] = self._cluster.completed.switch
        self._cluster.watch(move.from_region).has_streamed = False
        if move.from_region not in self._cluster.lost:
            self._comebacks.begin(move.from_region, self._comebacks.rejoin(move.from_region))

    async def _switch_over(self, move: Transition) -> None:
        move.status = "switching-over"
        old, new = self._cluster.first(move.from_region), self._cluster.first(move.to_region)
        try:
            await old.stop()
            await replayed(new, await final_position(old))
        except (AuroraError, OSError, TimeoutError, psycopg.Error):
            move.status = "cancelling"
            if move.from_region not in self._cluster.lost:
                await old.start(None)
            return
        await self._promote(move)
        assert self._cluster.completed is not None
        await self._comebacks.count(move.from_region, self._cluster.completed.switch)
        if move.from_region not in self._cluster.lost:
            await old.start(self._cluster.source_of(old))
            self._comebacks.begin(move.from_region, self._comebacks.connect(move.from_region))

    async def _promote(self, move: Transition) -> None:
        """Promote, however often it takes: a standby that cannot be promoted shows as a move that does not end."""
        new = self._cluster.first(move.to_region)
        await asyncio.sleep(self._promotion_s)
        try:
            while not await _promoted(new):  # noqa: ASYNC110 (a try, not a state: there is no event to wait for)
                await asyncio.sleep(_RETRY_S)
        except asyncio.CancelledError:
            # It may have been promoted all the same, and is then no standby of anybody.
            self._cluster.diverged[move.to_region] = None
            raise
        promoted_ns = self._cluster.clock.now_ns()
        self._cluster.writer = move.to_region
        switch = switch_point(new.datadir)
        self._cluster.past.append(
            Completed(move.mode, move.from_region, move.to_region, move.started_ns, promoted_ns, switch)
        )


async def _promoted(instance: Instance) -> bool:
    try:
        await promote(instance)
    except (OSError, TimeoutError, psycopg.Error):
        return False
    return True
