"""A transaction on PostgreSQL: a write that is durable and leaves no row, and a read; on a connection of its own."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.waiting import wait_async

from blackstart.history.records import Result
from blackstart.observer.attempt import Attempt, Failure, failure_of
from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.lookup import address
from blackstart.observer.questions.answer import Answer, failed
from blackstart.observer.target import is_numeric, parse_resolver, split
from blackstart.outcome import UsageError

WRITE = "SELECT pg_logical_emit_message(true, 'blackstart', 'canary')"
"""A record in the write-ahead log: committed and replicated as any write is, in no table."""
READ = (
    "SELECT count(*) > 0, pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', "
    "host(inet_server_addr()) FROM pg_catalog.pg_class"
)
_MOST_WORDS = 200
_AFTERWARDS_MS = 500


class Impatient(psycopg.AsyncConnection[Any]):
    """A connection whose cancelled queries just end.

    psycopg would ask the server to cancel them, over one more connection and for up to 5 s: too much for a server that
    no longer answers.
    """

    async def wait[RV](self, gen: PQGen[RV], *arguments: Any, **options: Any) -> RV:
        return await wait_async(gen, self.pgconn.socket, *arguments, **options)


class Transaction(Attempt):
    """Connects, writes, reads. ``declared``: the error that the server declared; ``row``: what was read."""

    def __init__(self, options: dict[str, Any], statements: tuple[str, ...], on_end: Callable[[Any], None]) -> None:
        super().__init__(on_end)
        self._options = options
        self._statements = statements
        self._task: asyncio.Task[None] | None = None
        self.declared: str | None = None
        self.row: tuple[Any, ...] | None = None

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        connection = None
        try:
            connection = await Impatient.connect(**await self._resolved(), autocommit=True)
            self.written_ns = time.monotonic_ns()
            for statement in self._statements:
                cursor = await connection.execute(statement)
                self.row = await cursor.fetchone()
        except psycopg.Error as error:
            self.declared = _declared(error)
            self._end(None if self.declared else _failure(error))
        except OSError as error:
            self._end(failure_of(error))
        else:
            self._end(None)
        finally:
            if connection is not None:
                # Not close(): its courtesies could wait for a server that no longer answers.
                connection.pgconn.finish()

    async def _resolved(self) -> dict[str, Any]:
        options = dict(self._options)
        resolver = options.pop("resolver")
        if resolver is not None and not is_numeric(options["host"]):
            self._resolving = True
            options["hostaddr"] = await address(self._loop, resolver, options["host"], self.deadline_ns)
            self._resolving = False
        return options

    def _close(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task(self._loop):
            self._task.cancel()
        self._task = None  # a cancelled task holds its frames, and they hold this: sockets would wait for the collector


class SqlQuestion:
    """Asks ``postgresql://USER@HOST:PORT/DATABASE``; without a password in the plan, libpq finds it as it always does.

    With ``access`` "read" it only reads: what a replica can do. A server that takes a record into its log but no
    changes of tables (read-only transactions by default) is no good for writes.
    """

    keeps_answers = True

    def __init__(self, plan: CanaryPlan) -> None:
        self._options = options(plan)
        self._writes = plan.access == "write"
        self._statements = (WRITE, READ) if self._writes else (READ,)

    def ask(self, on_end: Callable[[Transaction], None]) -> Transaction:
        return Transaction(self._options, self._statements, on_end)

    def answer(self, attempt: Transaction) -> Answer:
        if attempt.failure is not None:
            return failed(attempt.failure)
        if attempt.declared is not None:
            return Answer(Result.WRONG_STATUS, 0, 0, {"error": attempt.declared})
        if attempt.row is None or attempt.row[0] is not True:
            return Answer(Result.WRONG_BODY)
        _, in_recovery, read_only, server = attempt.row
        result = Result.WRONG_BODY if self._writes and read_only else Result.GOOD
        return Answer(result, 0, 0, {"in_recovery": in_recovery, "read_only": read_only, "server": server})


def options(plan: CanaryPlan) -> dict[str, Any]:
    """Return what psycopg connects with, and the resolver. Raises UsageError."""
    try:
        split(plan.url)
        found: dict[str, Any] = conninfo_to_dict(plan.url)
    except (ValueError, psycopg.Error) as error:
        raise UsageError(
            f"observer: {plan.url!r} is no postgresql://USER@HOST:PORT/DATABASE URL: {' '.join(str(error).split())}"
        ) from error
    if found.get("password"):
        raise UsageError(f"observer: the URL for {found.get('host')} carries a password; give it in PGPASSWORD instead")
    if "," in str(found.get("host", "")) or not found.get("host"):
        raise UsageError(f"observer: {plan.url!r} must name one host, so that it is known which one answered")
    if plan.password is not None:
        found["password"] = plan.password
    # Nobody waits for a statement beyond the probe's end: the server must not go on with it either.
    limit = f"-c statement_timeout={round(plan.timeout_s * 1000) + _AFTERWARDS_MS}"
    return {
        "application_name": "blackstart-canary", "options": limit, **found, "resolver": parse_resolver(plan.resolver)
    }  # fmt: skip


def _declared(error: psycopg.Error) -> str | None:
    """Return what the server itself said, None where it said nothing; while connecting, libpq has but its words."""
    if error.sqlstate is not None:
        return f"{error.sqlstate} {error.diag.message_primary}"[:_MOST_WORDS]
    _, fatal, words = str(error).partition("FATAL:")
    return words.strip().partition("\n")[0][:_MOST_WORDS] if fatal else None


def _failure(error: psycopg.Error) -> Failure:
    """Return why there was no answer from the server. libpq gives no error number, only words."""
    said = str(error).lower()
    if "refused" in said:
        return Failure.REFUSED
    if "timeout" in said or "timed out" in said:
        return Failure.TIMEOUT
    if "could not translate host name" in said or "failed to resolve host" in said:
        return Failure.UNRESOLVED
    if "certificate" in said:
        return Failure.UNTRUSTED
    return Failure.RESET if isinstance(error, psycopg.OperationalError) else Failure.OTHER
