"""One writer's session with the database: connected again whenever it was lost, and who is at its other end."""

import asyncio
import os
import socket
from typing import Any, NamedTuple

import dns.asyncresolver
import dns.exception
import psycopg

from blackstart.history.records import Kind
from blackstart.observer.exchange import Failure
from blackstart.observer.sql_plan import DatabasePlan

_RETRY_S, _CLOSE_S = 0.05, 1.0


class Outcome(NamedTuple):
    """What became of a write: a ledger record's kind, its error code (0 for none), and which region acknowledged it."""

    kind: Kind
    code: int
    region: str | None = None


class Session:
    """Keeps one connection, on which writes take turns. Without a connection a write has failed for certain.

    ``region`` is the region in the name that the host led to when this connection was made, None where there is none.
    """

    def __init__(self, plan: DatabasePlan, regions: tuple[str, ...], timeout_s: float) -> None:
        self._plan, self._regions, self._timeout_s = plan, regions, timeout_s
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lost = asyncio.Event()
        self._why = Failure.REFUSED
        self._committing = False
        self.region: str | None = None
        self._turn = asyncio.Lock()
        """Held by the write that is under way, at first by the first try to connect: one thing at a time."""

    async def keep(self) -> None:
        """Connect, and connect again when the connection is lost; never returns."""
        async with self._turn:
            await self._try()
        while True:
            if self._connection is not None:
                await self._until_lost(self._connection)
            await asyncio.sleep(_RETRY_S)
            await self._try()

    async def _try(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                self._connection = await self._connected()
        except (socket.gaierror, dns.exception.DNSException):
            self._why = Failure.UNRESOLVED
        except (OSError, psycopg.Error):
            # Also where connecting timed out: it is the connection that waited, the write is refused at once.
            self._why = Failure.REFUSED

    async def _until_lost(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._lost.clear()
        await self._lost.wait()
        # Whoever still waits at its other end has been told by now that it is cut.
        asyncio.get_running_loop().call_later(_CLOSE_S, connection.pgconn.finish)

    def _lose(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Have a connection replaced; one that was replaced already takes no other with it."""
        if self._connection is connection:
            self._connection = None
            self._lost.set()

    async def write(self, parameters: dict[str, Any], deadline_s: float) -> Outcome:
        """Insert and commit one write; ``deadline_s`` is on the loop's clock, and the outcome is there by then."""
        try:
            async with asyncio.timeout_at(deadline_s):
                await self._turn.acquire()
        except TimeoutError:
            return Outcome(Kind.FAILED, Failure.TIMEOUT)  # it never came to be sent
        try:
            return await self._write(parameters, deadline_s)
        finally:
            self._turn.release()

    async def _write(self, parameters: dict[str, Any], deadline_s: float) -> Outcome:
        connection = self._connection
        if connection is None:
            return Outcome(Kind.FAILED, self._why)
        self._committing = False
        region = self.region
        task = asyncio.ensure_future(self._commit(connection, parameters))
        done, _ = await asyncio.wait({task}, timeout=max(0.0, deadline_s - asyncio.get_running_loop().time()))
        if done:
            outcome = task.result()
            return outcome._replace(region=region) if outcome.kind is Kind.ACKNOWLEDGED else outcome
        # Not cancelled: psycopg would wait for the server. Cut off, nothing more can be sent, a COMMIT least of all.
        _cut(connection)
        self._lose(connection)
        task.add_done_callback(_close)
        return Outcome(Kind.UNKNOWN if self._committing else Kind.FAILED, Failure.TIMEOUT)

    async def _commit(self, connection: psycopg.AsyncConnection[Any], parameters: dict[str, Any]) -> Outcome:
        committing = False
        try:
            await connection.execute(self._plan.statement, parameters)
            committing = self._committing = True
            await connection.commit()
        except psycopg.errors.ReadOnlySqlTransaction:
            # It follows another writer by now: the name leads elsewhere, or will.
            self._lose(connection)
            return Outcome(Kind.FAILED, Failure.OTHER)
        except (OSError, psycopg.Error):
            return await self._failed(connection, committing)
        return Outcome(Kind.ACKNOWLEDGED, 0)

    async def _failed(self, connection: psycopg.AsyncConnection[Any], committing: bool) -> Outcome:
        """Without a COMMIT sent, or with one that the server refused in words, nothing was written."""
        gone = connection.closed or connection.broken
        if not gone:
            try:
                await connection.rollback()
            except (OSError, psycopg.Error):
                self._lose(connection)
            return Outcome(Kind.FAILED, Failure.OTHER)
        self._lose(connection)
        return Outcome(Kind.UNKNOWN if committing else Kind.FAILED, Failure.RESET)

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        plan = self._plan
        address, name = await self._address()
        connection = await psycopg.AsyncConnection.connect(
            host=plan.host,
            hostaddr=address,
            port=plan.port,
            dbname=plan.database,
            user=plan.user,
            password=plan.password,
            application_name="blackstart-ledger",
        )
        self.region = next((region for region in self._regions if region in name.split(".")), None)
        return connection

    async def _address(self) -> tuple[str, str]:
        """Return where the host leads now, and the name at the end of its aliases: an endpoint's tells its region."""
        if self._plan.resolver is None:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(
                self._plan.host, self._plan.port, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME
            )
            return str(found[0][4][0]), str(found[0][3])
        server, _, port = self._plan.resolver.rpartition(":")
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = [server], int(port), self._timeout_s
        answer = await resolver.resolve(self._plan.host, "A")
        return str(answer[0]), answer.canonical_name.to_text(omit_final_dot=True)


def _cut(connection: psycopg.AsyncConnection[Any]) -> None:
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        return


def _close(task: asyncio.Future[Outcome]) -> None:
    """Take note of how a write ended that was given up: its outcome has been recorded already."""
    if not task.cancelled():
        task.exception()
