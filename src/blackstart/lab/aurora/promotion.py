"""Making a standby the writer, and making sure first that it has everything, where nothing may be lost."""

import asyncio

import psycopg

from blackstart.lab.aurora import timelines
from blackstart.lab.aurora.errors import AuroraError
from blackstart.lab.aurora.instance import Instance
from blackstart.lab.aurora.programs import output

_TIMEOUT_S = 60
_POLL_S = 0.01
_RETRY_S = 0.5


async def promote(instance: Instance, everyone: list[Instance]) -> None:
    """Promote to a timeline that none of the others has; return when the instance accepts a write.

    A server that is a writer already is no error. Raises ``OSError``, ``TimeoutError`` or ``psycopg.Error`` when it
    cannot be asked or does not get there.
    """
    async with asyncio.timeout(_TIMEOUT_S), await instance.connect() as connection:
        row = await (await connection.execute("SELECT pg_is_in_recovery()")).fetchone()
        if row is not None and row[0]:
            timelines.reserve(instance, everyone)
            await connection.execute("SELECT pg_promote(true, %s)", (_TIMEOUT_S,))
        # Needs a transaction id, as every write does: a server still in recovery refuses it. Not committed:
        # commits past a switch are counted as somebody's writes.
        await connection.execute("BEGIN")
        await connection.execute("SELECT pg_current_xact_id()")
        await connection.execute("ROLLBACK")


async def promoted(instance: Instance, everyone: list[Instance]) -> None:
    """Promote, however often it takes: a server that cannot be promoted shows as a move that does not end."""
    while not await _is_promoted(instance, everyone):  # noqa: ASYNC110 (a try, not a state: there is no event)
        await asyncio.sleep(_RETRY_S)


async def _is_promoted(instance: Instance, everyone: list[Instance]) -> bool:
    try:
        await promote(instance, everyone)
    except (OSError, TimeoutError, psycopg.Error):
        return False
    return True


async def checkpoint(instance: Instance) -> None:
    """Write a checkpoint, so that the instance's files tell of its present timeline."""
    async with asyncio.timeout(_TIMEOUT_S), await instance.connect() as connection:
        await connection.execute("CHECKPOINT")


async def final_position(instance: Instance) -> str:
    """Return the position of a stopped writer's last record. Raises ``AuroraError`` if it did not end in order."""
    name = f"controldata-{instance.region}"
    text = await output(
        instance.processes, name, ["pg_controldata", "-D", str(instance.datadir)], group=instance.region
    )
    fields = dict(line.split(":", 1) for line in text.decode().splitlines() if ":" in line)
    state = fields["Database cluster state"].strip()
    if state not in {"shut down", "shut down in recovery"}:
        raise AuroraError(f"{instance.id} did not stop in order (it is {state!r})")
    return fields["Latest checkpoint location"].strip()


async def replayed_position(instance: Instance) -> str:
    """Return up to where a standby has replayed. Raises as promote does."""
    async with asyncio.timeout(_TIMEOUT_S), await instance.connect() as connection:
        row = await (await connection.execute("SELECT coalesce(pg_last_wal_replay_lsn(), '0/0')::text")).fetchone()
    assert row is not None
    return str(row[0])


async def replayed(instance: Instance, position: str) -> None:
    """Return when the standby has replayed the record at that position. Raises ``TimeoutError``, as promote does."""
    async with asyncio.timeout(_TIMEOUT_S), await instance.connect() as connection:
        while True:
            cursor = await connection.execute("SELECT pg_last_wal_replay_lsn() > %s::pg_lsn", (position,))
            row = await cursor.fetchone()
            if row is not None and row[0]:
                return
            await asyncio.sleep(_POLL_S)
