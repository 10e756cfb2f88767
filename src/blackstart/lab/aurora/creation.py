"""How the servers come into being: one data folder is made and filled, the others are copies of it."""

import asyncio
import shutil
from pathlib import Path

from psycopg import sql

from blackstart.lab.aurora.instance import (
    MAINTENANCE_DATABASE,
    REPLICATOR,
    SEGMENT_BYTES,
    SHOP,
    SUPERUSER,
    Instance,
    Passwords,
)
from blackstart.lab.aurora.programs import run
from blackstart.lab.layout import SYSTEM

_ACCESS = "".join(
    f"host {database} {user} 127.0.0.0/8 scram-sha-256\n"
    for database, user in (("all", SUPERUSER), (SYSTEM, SHOP), ("replication", REPLICATOR))
)
_SETTINGS = {
    # Nothing outside the data folder but one System V segment: a kill -9 leaves little behind.
    "unix_socket_directories": "",
    "shared_memory_type": "mmap",
    "dynamic_shared_memory_type": "mmap",
    "huge_pages": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_wal_senders": "8",
    "max_worker_processes": "2",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    # A commit is on disk before it is acknowledged, and is not waited for by any standby: as Aurora's regions do.
    "fsync": "on",
    "synchronous_commit": "on",
    # Keep what a rejoining or lagging standby still needs.
    "wal_keep_size": "512MB",
    "max_wal_size": "512MB",
    "hot_standby": "on",
    "wal_retrieve_retry_interval": "200ms",
    "wal_receiver_status_interval": "1s",
    # Every commit record is somebody's write, so that commits past a switch can be counted.
    "autovacuum": "off",
    # Passwords live as long as the lab; connecting must cost no milliseconds.
    "scram_iterations": "1",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
}
"""The same for every instance: a standby must not have less of anything than its source."""
_TABLES = Path(__file__).with_name("shop.sql")


async def create(first: Instance, others: list[Instance]) -> None:
    """Make the data folders of all instances, alike to the last byte, before any server runs.

    So the standbys need no base backup through the link, which may be slow or delayed. Nothing is synced: a lab that
    the machine loses is made anew.
    """
    first.datadir.parent.mkdir(parents=True, exist_ok=True)
    await _initdb(first)
    await _single_user(first, MAINTENANCE_DATABASE, _roles(first.passwords))
    await _single_user(first, SYSTEM, _one_line_each(_TABLES.read_text()))
    await asyncio.gather(*(asyncio.to_thread(shutil.copytree, first.datadir, other.datadir) for other in others))


async def _initdb(instance: Instance) -> None:
    options = ["--no-sync", "--no-locale", "--no-instructions", "--encoding=UTF8", "--auth=trust"]
    # Already while it is made: what a kill leaves of shared memory lies in the data folder, and goes with it.
    options += ["--set", f"dynamic_shared_memory_type={_SETTINGS['dynamic_shared_memory_type']}"]
    options += [f"--username={SUPERUSER}", f"--wal-segsize={SEGMENT_BYTES >> 20}"]
    argv = ["initdb", "-D", str(instance.datadir), *options]
    await run(instance.processes, f"initdb-{instance.region}", argv, group=instance.region)
    (instance.datadir / "pg_hba.conf").write_text(_ACCESS)
    lines = [f"{key} = '{value}'\n" for key, value in _SETTINGS.items()]
    (instance.datadir / "postgresql.conf").write_text("".join(lines))


async def _single_user(instance: Instance, database: str, statements: list[str]) -> None:
    """Run statements, one a line, without a server: nobody can connect meanwhile."""
    options = ["-F", "-j", "-c", "exit_on_error=on"]
    argv = ["postgres", "--single", *options, "-D", str(instance.datadir), database]
    text = "".join(f"{statement};\n\n" for statement in statements)
    name = f"setup-{instance.region}-{database}"
    await run(instance.processes, name, argv, group=instance.region, stdin=text.encode())


def _roles(passwords: Passwords) -> list[str]:
    templates = (
        ("ALTER ROLE {} PASSWORD {}", SUPERUSER, passwords.superuser),
        ("CREATE ROLE {} LOGIN REPLICATION PASSWORD {}", REPLICATOR, passwords.replicator),
        ("CREATE ROLE {} LOGIN PASSWORD {}", SHOP, passwords.shop),
    )
    roles = [sql.SQL(text).format(sql.Identifier(role), sql.Literal(word)) for text, role, word in templates]
    database = sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY file_copy")
    return [part.as_string() for part in (*roles, database.format(sql.Identifier(SYSTEM), sql.Identifier(SHOP)))]


def _one_line_each(script: str) -> list[str]:
    return [" ".join(part.split()) for part in script.split(";") if part.strip()]
