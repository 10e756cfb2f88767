"""One database instance: a PostgreSQL server with its own address and data folder."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import psycopg

from blackstart.lab.aurora.programs import Processes, program, unprivileged
from blackstart.lab.descent import Identity
from blackstart.lab.layout import Layout
from blackstart.lab.plant import sharedmemory

SUPERUSER = "postgres"
REPLICATOR = "replicator"
SHOP = "shop"
MAINTENANCE_DATABASE = "postgres"
SEGMENT_BYTES = 1 << 20
"""Small log segments: a rejoin copies whole ones, and a lab needs little space."""
_STOP_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10
"""For what connects to another region's server: several round trips, each of which a link may delay by seconds."""


@dataclass(frozen=True)
class Passwords:
    """One for each role."""

    superuser: str
    replicator: str
    shop: str


@dataclass(frozen=True)
class Source:
    """Where a standby streams from: an instance's own address, or a link that leads to one."""

    host: str
    port: int

    def conninfo(self, passwords: Passwords, name: str, attempt: int = 0) -> str:
        """Return what the standby connects with. A new ``attempt`` makes it connect anew."""
        return psycopg.conninfo.make_conninfo(
            host=self.host,
            port=self.port,
            user=REPLICATOR,
            password=passwords.replicator,
            application_name=name,
            fallback_application_name=str(attempt),
            connect_timeout=CONNECT_TIMEOUT_S,
        )


class Instance:
    """A server that can be started as a writer or as a standby of a source, and ended in three ways."""

    def __init__(
        self, layout: Layout, region: str, number: int, processes: Processes, folder: Path, passwords: Passwords
    ) -> None:
        self.region = region
        self.number = number
        self.id = layout.instance_name(region, number)
        self.address = layout.instance(region, number)
        self.port = layout.ports.database
        self.name = f"postgres-{region}-{number}"
        self.datadir = folder / f"{region}-{number}"
        self.passwords = passwords
        self.processes = processes
        self.incarnation = 0
        """Counts starts and ends: what was read in an earlier one tells nothing of this one."""
        self._source: Source | None = None
        self._attempts = 0
        self._hardened = False
        self._process: Identity | None = None

    @property
    def alive(self) -> bool:
        return self.processes.alive(self.name)

    @property
    def log_folder(self) -> Path:
        return self.datadir / "pg_wal"

    def argv(self) -> list[str]:
        # On the command line: a rewind or a base backup copies the source's configuration files.
        options = ["-c", f"listen_addresses={self.address}", "-c", f"port={self.port}"]
        return unprivileged([program("postgres"), "-D", str(self.datadir), *options])

    async def start(self, source: Source | None) -> None:
        """Start as a standby of ``source``, or, without one, as a writer. Returns before it answers."""
        self.sweep()
        self._source, self._hardened = source, False
        self._configure()
        self.incarnation += 1
        self._process = Identity.of((await self.processes.start(self.name, self.argv(), group=self.region)).pid)

    def reconnect(self, source: Source) -> None:
        """Make a standby stream from that source, and connect anew at once, wherever its present attempt hangs."""
        self._source = source
        self._attempts += 1
        self._configure()
        self._reload()

    def harden(self) -> None:
        """Sync every commit from now on: to be called when the server answers.

        Until then it does not: after a crash it would first sync each of its thousand files, which can take seconds
        on a busy disk and gains nothing, since a lab that the machine loses is made anew.
        """
        if not self._hardened:
            self._hardened = True
            self._configure()
            self._reload()

    async def stop(self) -> None:
        """End in order: a writer first sends everything to its connected standbys."""
        await self.processes.stop(self.name, signal.SIGINT, _STOP_TIMEOUT_S)
        self.incarnation += 1

    async def kill(self) -> None:
        await self.processes.kill(self.name)
        self.lost()
        self.sweep()

    def lost(self) -> None:
        """Take note that the server is gone or hangs: what was read of it is true no more."""
        self.incarnation += 1

    def sweep(self) -> None:
        """Remove what a killed server left: its memory, and the pid file whose pid may be another's by now."""
        if not self.alive:
            sharedmemory.remove_of(self.datadir, self._process)
            (self.datadir / "postmaster.pid").unlink(missing_ok=True)

    async def connect(self, database: str = MAINTENANCE_DATABASE) -> psycopg.AsyncConnection:
        """Connect as superuser, with autocommit. The caller sets the timeout."""
        return await psycopg.AsyncConnection.connect(
            host=self.address,
            port=self.port,
            user=SUPERUSER,
            password=self.passwords.superuser,
            dbname=database,
            autocommit=True,
        )

    def _configure(self) -> None:
        """Write what differs from start to start; a running server takes it with the next reload."""
        lines = [] if self._hardened else ["fsync = off"]
        standby = self.datadir / "standby.signal"
        if self._source is None:
            standby.unlink(missing_ok=True)
        else:
            standby.touch()
            conninfo = self._source.conninfo(self.passwords, self.name, self._attempts).replace("'", "''")
            lines.append(f"primary_conninfo = '{conninfo}'")
        (self.datadir / "postgresql.auto.conf").write_text("".join(f"{line}\n" for line in lines))

    def _reload(self) -> None:
        if self.alive:
            os.kill(self.processes.pid(self.name), signal.SIGHUP)
