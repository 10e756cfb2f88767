"""A region's power: off, hung, on – and when exactly each of it happened."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
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

    async def lost(self, region: str) -> None:
        """Take note that the region's processes are gone or hang."""

    async def wake(self, region: str) -> None:
        """Prepare a hung region for going on."""

    async def revive(self, region: str) -> None:
        """Start the region's parts again, with the state that they had."""


class Struck(Protocol):
    """The processes, struck a region at a time."""

    def strike_group(self, group: str) -> list[Identity]: ...
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
        self.truth: list[dict[str, Any]] = []
        self._mirror()

    def states(self) -> dict[str, str]:
        return dict(self._states)

    def note(self, what: str, **details: object) -> None:
        """Write down that something happened now."""
        self.truth.append({"t": self._clock.now_ns(), "what": what} | details)

    async def set(self, region: str, power: str) -> None:
        """Change a region's power. Off and hung return when it is so; on returns when revival has begun.

        Raises ``UsageError``: no such region or power, or a region without power cannot hang.
        """
        if region not in self._states or power not in POWERS:
            raise UsageError(
                f"power: {region!r} {power!r}; regions are {', '.join(self._states)}, power is on, off or hung"
            )
        async with self._turn:
            before = self._states[region]
            if power == "hung" and before == "off":
                raise UsageError(f"power: {region} is off and cannot hang; switch it on first")
            if power != before:
                await self._change(region, before, power)

    async def _change(self, region: str, before: str, power: str) -> None:
        change: dict[str, Callable[[str], Awaitable[None]]]
        change = {"off": self._off, "hung": self._hung, "on": self._resume if before == "hung" else self._on}
        await change[power](region)

    async def _off(self, region: str) -> None:
        await self._end_revival(region)
        self.note("power off", region=region)
        # No await between the blow and the cut's order: both happen at one moment.
        hit = self._processes.strike_group(region)
        await self._links.cut_region(region)
        self._state(region, "off")
        self.note("cut off", region=region)
        await self._processes.gone(hit)
        self.note("dead", region=region, processes=len(hit))
        await self._parts.lost(region)

    async def _hung(self, region: str) -> None:
        self.note("hung", region=region)
        self._processes.suspend_group(region)
        self._state(region, "hung")
        await self._parts.lost(region)

    async def _resume(self, region: str) -> None:
        await self._parts.wake(region)
        self._processes.resume_group(region)
        self._state(region, "on")
        self.note("resumed", region=region)

    async def _on(self, region: str) -> None:
        self.note("power on", region=region)
        await self._links.open_region(region)
        self._state(region, "on")
        self._revivals[region] = asyncio.create_task(self._revive(region))

    async def _revive(self, region: str) -> None:
        try:
            await self._parts.revive(region)
        except Exception as error:  # noqa: BLE001 (a part that cannot come back is told in the status, not hidden)
            self.note("revival failed", region=region, reason=f"{type(error).__name__}: {error}")
        else:
            self.note("revived", region=region)

    async def _end_revival(self, region: str) -> None:
        task = self._revivals.pop(region, None)
        if task is not None and not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _state(self, region: str, state: str) -> None:
        self._states[region] = state
        self._mirror()

    def _mirror(self) -> None:
        """Tell the AWS API, which reads the file at each call."""
        replace_file(self._file, json.dumps(self._states))
