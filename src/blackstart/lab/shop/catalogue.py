"""The catalogue: from the cache, or from the database where the cache has nothing or is down."""

import asyncio
import json
from typing import TYPE_CHECKING

from blackstart.lab.shop.cache import Cache, CacheError
from blackstart.lab.shop.database import Database
from blackstart.lab.shop.failure import ServiceError

if TYPE_CHECKING:
    from blackstart.lab.shop.database import Session

TTL_S = 5
_BUDGET_S = 2.5
_READER_S = 1.2
"""The reader's part of the budget: the rest is the writer's, when there is no reader."""
_KEY = "catalogue"
_READ = "SELECT sku, name, price_cents FROM catalogue ORDER BY sku"


class Catalogue:
    """The catalogue, with counts of how it was read: ``hit``, ``miss`` and ``down`` (no answer from the cache)."""

    def __init__(self, cache: Cache, reader: Database, writer: Database) -> None:
        self._cache = cache
        self._reader = reader
        self._writer = writer
        self._keeping: set[asyncio.Task[None]] = set()
        self.counts = {"hit": 0, "miss": 0, "down": 0}

    async def read(self) -> tuple[str, bytes]:
        """Return how it was read, and the catalogue as JSON. Raises ``ServiceError`` when the database fails too."""
        how, kept = await self._from_cache()
        self.counts[how] += 1
        if kept is not None:
            return how, kept
        found = await self._from_database()
        if how == "miss":
            task = asyncio.get_running_loop().create_task(self._keep(found))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)
        return how, found

    async def _from_cache(self) -> tuple[str, bytes | None]:
        try:
            kept = await self._cache.get(_KEY)
        except CacheError:
            return "down", None
        return ("miss", None) if kept is None else ("hit", kept)

    async def _keep(self, found: bytes) -> None:
        try:
            await self._cache.set(_KEY, found, TTL_S)
        except CacheError:
            self.counts["down"] += 1

    async def _from_database(self) -> bytes:
        async def work(session: "Session") -> bytes:
            rows = await (await session.execute(_READ)).fetchall()
            return json.dumps([dict(zip(("sku", "name", "price_cents"), row, strict=True)) for row in rows]).encode()

        now_s = asyncio.get_running_loop().time()
        try:
            return await self._reader.run(work, now_s + _READER_S)
        except ServiceError:
            return await self._writer.run(work, now_s + _BUDGET_S)
