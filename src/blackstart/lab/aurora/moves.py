"""Moving the writer to the other region: as a failover, which takes what is there, or a switchover, which waits."""

import asyncio
from contextlib import suppress

import psycopg

from blackstart.lab.aurora.cluster import Cluster
from blackstart.lab.aurora.comeback import Comebacks
from blackstart.lab.aurora.divergence import switch_point
from blackstart.lab.aurora.errors import GlobalClusterStateError
from blackstart.lab.aurora.promotion import final_position, promoted, replayed
from blackstart.lab.aurora.tasks import end
from blackstart.lab.aurora.transition import Completed, Mode, Transition
from blackstart.outcome import BlackstartError, UsageError


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
        if self._task is not None:
            await end([self._task])
        self._cluster.transition = None  # a task that never started has not said so
        if move.from_region == self._cluster.writer:
            self._restart(move.from_region)
        # Else it came too late: the move had already begun the old writer's comeback.

    def deposes(self, region: str) -> bool:
        """Tell whether a failover away from that region is under way."""
        move = self._cluster.transition
        return move is not None and move.mode == "failover" and move.from_region == region

    async def fence(self, region: str) -> None:
        """Kill an old writer, so that it acknowledges nothing any more: as well as that can be done.

        Where nothing gets through between the regions it goes on, and what it acknowledges is counted at its comeback.
        """
        if self._cluster.in_touch():
            with suppress(BlackstartError):
                await asyncio.gather(*(instance.kill() for instance in self._cluster.regions[region]))

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
            f"a failover inside {writer} is in progress": mode == "switchover" and self._cluster.takeover is not None,
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
        except Exception as error:  # noqa: BLE001 (nobody waits for it: it is told with the region's state)
            self._cluster.report(move.to_region, error)
        finally:
            self._cluster.transition = None

    async def _fail_over(self, move: Transition) -> None:
        move.status = "failing-over"
        old = move.from_region
        if old not in self._cluster.lost and self._cluster.in_touch():
            await self._comebacks.end(old)
            await self.fence(old)
        await self._promote(move)
        assert self._cluster.completed is not None
        self._cluster.diverged[old] = self._cluster.completed.switch
        self._cluster.watch(old).has_streamed = False
        if old not in self._cluster.lost:
            self._comebacks.begin(old, lambda: self._comebacks.rejoin(old))

    async def _switch_over(self, move: Transition) -> None:
        move.status = "switching-over"
        old, new = self._cluster.leader(move.from_region), self._cluster.leader(move.to_region)
        await self._comebacks.end(move.from_region)
        try:
            await old.stop()
            await replayed(new, await final_position(old))
        except (BlackstartError, OSError, TimeoutError, psycopg.Error):
            move.status = "cancelling"
        else:
            await self._promote(move)
        # Nothing is waited for between the promotion and this: a move that is given up later leaves no region down.
        self._restart(move.from_region)

    def _restart(self, region: str) -> None:
        if region not in self._cluster.lost:
            self._comebacks.begin(region, lambda: self._comebacks.restart(region))

    async def _promote(self, move: Transition) -> None:
        """Promote, however often it takes: a standby that cannot be promoted shows as a move that does not end."""
        new = self._cluster.leader(move.to_region)
        await asyncio.sleep(self._promotion_s)
        try:
            await promoted(new, self._cluster.all)
        except asyncio.CancelledError:
            # It may have been promoted all the same, and is then no standby of anybody.
            self._cluster.diverged[move.to_region] = None
            raise
        promoted_ns = self._cluster.clock.now_ns()
        switch = switch_point(new.datadir)
        self._cluster.writer = move.to_region
        self._cluster.past.append(
            Completed(move.mode, move.from_region, move.to_region, move.started_ns, promoted_ns, switch)
        )
