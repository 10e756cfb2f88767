"""Moving the writer to another instance of its own region.

All instances of an Aurora cluster share one storage volume: the new writer has everything that the old one was ever
told is durable, however it ended. Here each server has files of its own; so the new one first reads the old one's log
to its last record, and is not promoted before it has replayed that. (Not by PostgreSQL's ``restore_command``: a server
that is killed while it fetches a file has lost the one that it had.)
"""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

from blackstart.lab.aurora import timelines
from blackstart.lab.aurora.cluster import Cluster
from blackstart.lab.aurora.comeback import Comebacks
from blackstart.lab.aurora.errors import AuroraError, ClusterStateError
from blackstart.lab.aurora.instance import Instance
from blackstart.lab.aurora.promotion import promoted, replayed, replayed_position
from blackstart.lab.aurora.transition import Takeover

_RECORD = re.compile(rb", lsn: ([0-9A-F]+/[0-9A-F]+),")


class Takeovers:
    """At most one is under way."""

    def __init__(self, cluster: Cluster, comebacks: Comebacks, takeover_s: float) -> None:
        self._cluster = cluster
        self._comebacks = comebacks
        self._takeover_s = takeover_s

    async def begin(self, region: str, target: str | None) -> Takeover:
        """Kill the region's writer and begin to promote ``target``, else any reader that answers.

        Raises as :meth:`Aurora.fail_over_writer` does.
        """
        for follower in self._cluster.followers(region):
            await self._cluster.watches[follower.id].read()
        new = self._chosen(region, target)
        old = self._cluster.leader(region)
        move = Takeover(region, old.id, new.id, self._cluster.clock.now_ns())
        self._cluster.takeover = move
        try:
            await old.kill()
        except BaseException:
            self._over(move)
            raise
        if region in self._cluster.lost or self._cluster.transition is not None:
            self._over(move)
            raise _refusal(region, "it was lost, or deposed, just now")
        task = self._comebacks.begin(region, lambda: self._take_over(move, old, new))
        task.add_done_callback(lambda _: self._over(move))
        return move

    def _chosen(self, region: str, target: str | None) -> Instance:
        cluster = self._cluster
        refusals = {
            "a failover is in progress": cluster.takeover is not None or cluster.transition is not None,
            "it is not the cluster that writes": region != cluster.writer,
            "it does not answer": region in cluster.lost,
            "it is not available": region in cluster.diverged or self._comebacks.under_way(region),
        }
        for reason, holds in refusals.items():
            if holds:
                raise _refusal(region, reason)
        if target is not None and target not in {follower.id for follower in cluster.followers(region)}:
            raise ClusterStateError(f"{target} is no reader of the cluster in {region}", "InvalidDBInstanceState")
        wanted = [one for one in cluster.followers(region) if target in (None, one.id)]
        answering = [one for one in wanted if cluster.answers(one)]
        if not answering:
            raise _refusal(region, f"{target or 'none of its readers'} answers not: there is nothing to fail over to")
        return answering[0]

    async def _take_over(self, move: Takeover, old: Instance, new: Instance) -> None:
        await asyncio.sleep(self._takeover_s)
        await self._comebacks.until_done(move.region, lambda _: _drained(old, new))
        # From here on the log is the new one's: whatever ends this, the region comes back with it as its writer.
        self._cluster.leaders[move.region] = new.number
        await promoted(new, self._cluster.all)
        self._cluster.takeovers.append(move.completed(self._cluster.clock.now_ns()))
        self._over(move)
        await self._comebacks.restart(move.region)

    def _over(self, move: Takeover) -> None:
        if self._cluster.takeover is move:
            self._cluster.takeover = None


async def _drained(old: Instance, new: Instance) -> None:
    """Return when the new writer has replayed the last record of the old one's log. Raises where that log is gone."""
    at = await replayed_position(new)
    *_, present = timelines.stretches(old.log_folder)
    start = max(at, present.start, key=timelines.position)
    text = await timelines.records(old, timelines.Stretch(present.timeline, start, None))
    if text is None:
        raise AuroraError(f"{new.id} cannot take over: the log of {old.id} does not reach back to {start}")
    if found := _RECORD.findall(text):
        last = found[-1].decode()
        await _to_its_end(asyncio.to_thread(timelines.hand_over, old.log_folder, new.log_folder, at, last))
        await replayed(new, last)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await what cannot be called off: a thread. Who gives up meanwhile does so when it has ended."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


def _refusal(region: str, reason: str) -> ClusterStateError:
    return ClusterStateError(f"failover inside {region}: {reason}")
