"""Orders: placed once a key, read back by key."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from blackstart.lab.shop.database import Database
from blackstart.lab.shop.failure import ReadOnlyError, RefusedError

if TYPE_CHECKING:
    from blackstart.lab.shop.database import Session

_BUDGET_S = 2.5
_PLACE = """
INSERT INTO orders (key, run, writer, seq, version, item, region) VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (key) DO NOTHING RETURNING id, host(inet_server_addr())"""
_FIND = "SELECT id, host(inet_server_addr()) FROM orders WHERE key = %s"
_READ = """
SELECT id, key, run, writer, seq, version, item, region, to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US TZH:TZM')
FROM orders WHERE key = %s"""
_COLUMNS = ("id", "key", "run", "writer", "seq", "version", "item", "region", "created_at")
_INTEGERS = ("writer", "seq", "version")


def order(key: str | None, body: bytes) -> dict[str, Any]:
    """Read an order from a request. Raises ``RefusedError`` (400) for what cannot be one."""
    if not key:
        raise RefusedError("the header Idempotency-Key is missing", 400)
    try:
        given = json.loads(body)
    except ValueError:
        raise RefusedError("the body is no JSON", 400) from None
    if not isinstance(given, dict):
        raise RefusedError("the body is no JSON object", 400)
    for field in _INTEGERS:
        if not isinstance(given.get(field, 0), int):
            raise RefusedError(f"{field} is no whole number", 400)
    return {"key": key} | {field: given.get(field) for field in ("run", *_INTEGERS, "item")}


class Orders:
    """The orders of one region's shop, in the writer that the name points at."""

    def __init__(self, writer: Database, region: str) -> None:
        self._writer = writer
        self._region = region

    async def place(self, wanted: Mapping[str, Any]) -> tuple[bool, int, str]:
        """Place an order, unless its key is there. Return: whether it is new, its id, the database's own address.

        It returns after the commit was confirmed. Raises ``RefusedError`` or ``UnknownError``.
        """
        until_s = asyncio.get_running_loop().time() + _BUDGET_S
        values = [wanted[column] for column in ("key", "run", "writer", "seq", "version", "item")]

        async def work(session: "Session") -> tuple[bool, int, str]:
            row = await (await session.execute(_PLACE, (*values, self._region))).fetchone()
            if row is not None:
                return True, *row
            row = await (await session.execute(_FIND, (wanted["key"],))).fetchone()
            assert row is not None, "orders are never deleted"
            return False, *row

        try:
            return await self._writer.run(work, until_s)
        except ReadOnlyError:
            # Surely without effect, and the name may point elsewhere by now: one more try within the same budget.
            return await self._writer.run(work, until_s)

    async def read(self, key: str) -> dict[str, Any] | None:
        """Return the order, or None. Raises ``RefusedError`` or ``UnknownError``."""

        async def work(session: "Session") -> tuple[Any, ...] | None:
            return await (await session.execute(_READ, (key,))).fetchone()

        row = await self._writer.run(work, asyncio.get_running_loop().time() + _BUDGET_S)
        return None if row is None else dict(zip(_COLUMNS, row, strict=True))
