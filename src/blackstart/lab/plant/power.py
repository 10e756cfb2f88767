"""A region's power: off, hung, on – and when exactly each of it happened."""

import asyncio
import bisect
import json
from collections.abc import Awaitable, Callable
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

from blackstart.clock import Clock
from blackstart.lab.descent import Identity
from blackstart.lab.record import replace_file
from blackstart.outcome import UsageError

POWERS = ("on", "off", "hung")
FILE = "regions.json"


class Region(Protocol):
    """What has to be done in a region beyond its processes and links. Each takes the region's name."""

    def mark_lost(self, region: str) -> None:
        """Take note, at once, that the region's processes are about to be struck: nothing may be begun there."""

    async def lost(self, region: str) -> None:
        """End what was under way in the region, now that its processes are gone or hang."""

    async def wake(self, region: str) -> None:
        """Prepare a hung region for going on; what takes long goes on in the background."""

    async def revive(self, region: str) -> None:
        """Start the region's missing parts again, with the state that they had. Raises when some do not come up."""


class Struck(Protocol):
    """The processes, struck a region at a time."""

    def strike_group(self, group: str) -> list[Identity]: ...
    def open_group(self, group: str) -> None: ...
    async def gone(self, hit: list[Identity]) -> None: ...
    def suspend_group(self, group: str) -> None: ...
    def resume_group(self, group: str) -> None: ...


class Cuts(Protocol):
    """The links, cut a region at a time."""

    async def cut_region(self, region: str) -> None: ...
    async def open_region(self, region: str) -> None: ...


class Power:
    """The power of each region. ``truth`` holds every change with monotonic nanoseconds."""

    def __init__(
        self, regions: tuple[str, ...], processes: Struck, links: Cuts, parts: Region, state: Path, clock: Clock
    ) -> None:
        self._states = dict.fromkeys(regions, "on")
        self._processes, self._links, self._parts, self._clock = processes, links, parts, clock
        self._file = state / FILE
        self._turn = asyncio.Lock()
        self._revivals: dict[str, asyncio.Task[None]] = {}
        self._undone: set[str] = set()
        """Regions whose last change has not been done to its end: it failed, or was ended by the next one."""
        self.truth: list[dict[str, Any]] = []
        self._mirror()

    def states(self) -> dict[str, str]:
        return dict(self._states)

    def note(self, what: str, at_ns: int | None = None, **details: object) -> None:
        """Write down that something happened, now or then; the truth stays in order."""
        entry = {"t": self._clock.now_ns() if at_ns is None else at_ns, "what": what} | details
        bisect.insort(self.truth, entry, key=itemgetter("t"))

    async def set(self, region: str, power: str) -> None:
        """Change a region's power. Off and hung return when it is so; on returns when revival has begun.

        A change that fails half-way has been made all the same, and may be made again or undone; why it failed is
        raised. Raises ``UsageError``: no such region or power, or a region without power cannot hang.
        """
        if region not in self._states or power not in POWERS:
            raise UsageError(
                f"power: {region!r} {power!r}; regions are {', '.join(self._states)}, power is on, off or hung"
            )
        async with self._turn:
            before = self._states[region]
            if power == "hung" and before == "off":
                raise UsageError(f"power: {region} is off and cannot hang; switch it on first")
            if power != before or (region in self._undone and not self._reviving(region)):
                await self._change(region, before, power)

    async def _change(self, region: str, before: str, power: str) -> None:
        change: dict[str, Callable[[str], Awaitable[None]]]
        change = {"off": self._off, "hung": self._hung, "on": self._resume if before == "hung" else self._on}
        try:
            await change[power](region)
        except Exception as error:
            self._undone.add(region)
            self.note(f"power {power} failed", region=region, reason=f"{type(error).__name__}: {error}")
            raise

    async def _off(self, region: str) -> None:
        await self._end_revival(region)
        # What follows is told before it happens, and whatever fails in it, the region is off: "on" undoes it all.
        self._parts.mark_lost(region)
        self._state(region, "off")
        self.note("power off", region=region)
        # Both at one moment: the links are a process of their own, and cut while this one strikes so many others.
        cutting = asyncio.ensure_future(self._links.cut_region(region))
        await asyncio.sleep(0)
        hit = self._processes.strike_group(region)
        try:
            await cutting
            self.note("cut off", region=region)
        finally:
            await self._bury(region, hit)
        self._undone.discard(region)

    async def _bury(self, region: str, hit: list[Identity]) -> None:
        try:
            await self._processes.gone(hit)
            self.note("dead", region=region, processes=len(hit))
        finally:
            await self._parts.lost(region)

    async def _hung(self, region: str) -> None:
        # A part that is only half up is ended now and started when the region goes on.
        await self._end_revival(region)
        self._parts.mark_lost(region)
        self._state(region, "hung")
        self.note("hung", region=region)
        self._processes.suspend_group(region)
        await self._parts.lost(region)

    async def _resume(self, region: str) -> None:
        await self._parts.wake(region)
        self._processes.resume_group(region)
        self._state(region, "on")
        self.note("resumed", region=region)
        if region in self._undone:
            self._begin_revival(region)

    async def _on(self, region: str) -> None:
        self.note("power on", region=region)
        await self._links.open_region(region)
        self._processes.open_group(region)
        self._state(region, "on")
        self._begin_revival(region)

    def _reviving(self, region: str) -> bool:
        return region in self._revivals and not self._revivals[region].done()

    def _begin_revival(self, region: str) -> None:
        self._undone.add(region)
        self._revivals[region] = asyncio.create_task(self._revive(region))

    async def _revive(self, region: str) -> None:
        try:
            await self._parts.revive(region)
        except Exception as error:  # noqa: BLE001 (a part that cannot come back is told in the status, not hidden)
            self.note("revival failed", region=region, reason=f"{type(error).__name__}: {error}")
        else:
            self._undone.discard(region)
            self.note("revived", region=region)

    async def _end_revival(self, region: str) -> None:
        task = self._revivals.pop(region, None)
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    def _state(self, region: str, state: str) -> None:
        self._states[region] = state
        self._mirror()

    def _mirror(self) -> None:
        """Tell the AWS API, which reads the file at each call."""
        replace_file(self._file, json.dumps(self._states))
