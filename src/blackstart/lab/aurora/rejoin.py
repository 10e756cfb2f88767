"""Bringing an instance back as a standby: rewound where its history left the writer's, else copied anew."""

import asyncio
import shutil
import time
from collections.abc import Callable

import psycopg

from blackstart.lab.aurora.errors import AuroraError, ProgramError
from blackstart.lab.aurora.instance import (
    CONNECT_TIMEOUT_S,
    MAINTENANCE_DATABASE,
    REPLICATOR,
    SUPERUSER,
    Instance,
    Source,
)
from blackstart.lab.aurora.programs import run

_POLL_S = 0.02
_PROGRESS_TIMEOUT_S = 30
_UNREACHABLE = (
    "connection to server",
    "server closed the connection",
    "could not receive data",
    "connection timed out",
)
"""How libpq begins to say that it lost, or never found, the other server."""


async def rewind(instance: Instance, source: Source) -> None:
    """Make a stopped old writer's files those of the new writer, moving only what differs.

    Discards whatever it had committed past the switch: read that first. Raises ``ProgramError``.
    """
    server = psycopg.conninfo.make_conninfo(
        host=source.host,
        port=source.port,
        user=SUPERUSER,
        dbname=MAINTENANCE_DATABASE,
        connect_timeout=CONNECT_TIMEOUT_S,
    )
    argv = ["pg_rewind", "--no-sync", "--target-pgdata", str(instance.datadir), "--source-server", server]
    password = {"PGPASSWORD": instance.passwords.superuser}
    await run(instance.processes, f"rewind-{instance.id}", argv, group=instance.region, env=password)


async def copy(instance: Instance, source: Source) -> None:
    """Replace a stopped instance's files by a base backup. Raises ``ProgramError``."""
    await asyncio.to_thread(shutil.rmtree, instance.datadir, ignore_errors=True)
    server = psycopg.conninfo.make_conninfo(
        host=source.host, port=source.port, user=REPLICATOR, connect_timeout=CONNECT_TIMEOUT_S
    )
    options = ["--no-sync", "--checkpoint=fast", "--wal-method=stream", "--no-manifest"]
    argv = ["pg_basebackup", *options, "-D", str(instance.datadir), "-d", server]
    password = {"PGPASSWORD": instance.passwords.replicator}
    await run(instance.processes, f"copy-{instance.id}", argv, group=instance.region, env=password)


async def rewind_or_copy(instance: Instance, source: Source) -> None:
    """Rewind; where these files cannot be rewound, copy. Raises ``ProgramError``.

    A rewind that was killed, or lost its source, tells nothing of the files: it may be tried again.
    """
    try:
        await rewind(instance, source)
    except ProgramError as error:
        if error.code < 0 or any(words in error.said for words in _UNREACHABLE):
            raise
        await copy(instance, source)


async def reached(instance: Instance, caught_up: Callable[[], bool]) -> None:
    """Return when the standby has caught up. Raises ``AuroraError`` when it ends, or does not get there in time."""
    deadline = time.monotonic() + _PROGRESS_TIMEOUT_S
    while not caught_up():
        if not instance.alive or time.monotonic() > deadline:
            raise AuroraError(f"{instance.id} does not catch up: see {instance.name}.log in the lab's logs")
        await asyncio.sleep(_POLL_S)
