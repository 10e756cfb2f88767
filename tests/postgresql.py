"""A real PostgreSQL server of a test's own, from the lab's wheel."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from blackstart.lab.aurora.programs import program, unprivileged

HOST = "127.0.0.1"
PATIENCE_S = 60


@dataclass
class Server:
    """One server; ``kill`` and ``start`` as often as a test likes."""

    datadir: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.datadir / "postmaster.pid").unlink(missing_ok=True)
        argv = [program("postgres"), "-D", str(self.datadir), "-p", str(self.port), "-h", HOST, "-k", ""]
        with (self.datadir.parent / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(unprivileged(argv), stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                return

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=HOST, port=self.port, user="postgres", dbname="postgres", autocommit=True, **options
        )

    def kill(self) -> None:
        """End it without a word, and every session of it."""
        assert self.process is not None
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        for pid in (str(self.process.pid), *children.stdout.split()):
            subprocess.run(["kill", "-KILL", pid], check=False, capture_output=True)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.send_signal(2)  # fast: end the sessions
                self.process.wait(PATIENCE_S)


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Yield a new server, running, without a password for anybody."""
    datadir = folder / "data"
    initdb = [program("initdb"), "-D", str(datadir), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(unprivileged(initdb), check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        made = Server(datadir, probe.getsockname()[1])
    made.start()
    try:
        yield made
    finally:
        made.stop()
