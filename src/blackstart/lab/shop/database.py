"""Connections to the database that a name points at, kept in a small pool, never trusted for long."""

import asyncio
import os
import select
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from blackstart.lab.shop.failure import ReadOnlyError, RefusedError, UnknownError
from blackstart.lab.shop.names import Names
from blackstart.lab.shop.settings import Settings

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.AsyncConnection[Any]

CONNECT_S = 1.0
STATEMENT_S = 2.0
_SERVER_PATIENCE_S = 1.8
"""The server gives up first where it can: then the statement surely had no effect."""
_READ_ONLY = "25006"
_CANCELLED = "57014"
_UNSURE_CLASSES = ("08", "57", "58", "XX")
"""Errors after which a statement may yet have been committed: the connection or the server is going away."""


class Database:
    """A pool of sessions of one name (the writer's or the reader's).

    A session is used only while the name still points at its server: a record that was changed counts once its TTL
    is over, without a restart.
    """

    def __init__(self, settings: Settings, names: Names, name: str, size: int) -> None:
        self._settings = settings
        self._names = names
        self._name = name
        self._slots = asyncio.Semaphore(size)
        self._idle: list[tuple[str, Session]] = []

    async def run[T](self, work: "Callable[[Session], Awaitable[T]]", until_s: float) -> T:
        """Run ``work`` on a session in autocommit mode; give up at ``until_s`` (the loop's time).

        Raises ``RefusedError`` when it surely had no effect, ``UnknownError`` when that is not known.
        """
        try:
            async with asyncio.timeout_at(until_s):
                await self._slots.acquire()
        except TimeoutError:
            raise RefusedError("all database sessions are busy") from None
        try:
            address, session = await self._take(until_s)
            return await self._work(work, address, session, until_s)
        finally:
            self._slots.release()

    async def _take(self, until_s: float) -> "tuple[str, Session]":
        address = await self._names.address(self._name)
        for other, session in [kept for kept in self._idle if kept[0] != address]:
            self._idle.remove((other, session))
            _drop(session)
        while self._idle:
            _, session = self._idle.pop()
            if _is_quiet(session):
                return address, session
            _drop(session)
        return address, await self._connect(address, until_s)

    async def _connect(self, address: str, until_s: float) -> "Session":
        import psycopg  # noqa: PLC0415 (after the pod listens: it takes 0.2 s)

        settings, loop = self._settings, asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(until_s, loop.time() + CONNECT_S)):
                return await psycopg.AsyncConnection.connect(
                    hostaddr=address,
                    host=address,
                    port=settings.database_port,
                    dbname=settings.database,
                    user=settings.user,
                    password=settings.password,
                    application_name=settings.pod,
                    options=f"-c statement_timeout={int(_SERVER_PATIENCE_S * 1000)}",
                    sslmode="disable",
                    gssencmode="disable",
                    autocommit=True,
                )
        except TimeoutError:
            raise RefusedError(f"the database at {address} does not answer") from None
        except psycopg.Error as error:
            raise RefusedError(f"no connection to the database at {address}: {_first_line(error)}") from error

    async def _work[T](
        self, work: "Callable[[Session], Awaitable[T]]", address: str, session: "Session", until_s: float
    ) -> T:
        # psycopg answers a cancellation by asking the server to cancel, which a dead server never does: so the
        # statement is not cancelled but cut off.
        task = asyncio.ensure_future(work(session))
        left_s = min(STATEMENT_S, until_s - asyncio.get_running_loop().time())
        done, _ = await asyncio.wait({task}, timeout=max(left_s, 0))
        if not done:
            _sever(session)
            task.add_done_callback(lambda ended: _bury(ended, session))
            self._drop_idle()
            raise UnknownError(f"the database at {address} did not answer in time", 504)
        return self._finish(task, address, session)

    def _finish[T](self, task: "asyncio.Future[T]", address: str, session: "Session") -> T:
        import psycopg  # noqa: PLC0415 (loaded already)

        try:
            result = task.result()
        except psycopg.Error as error:
            raise self._judge(error, address, session) from error
        self._idle.append((address, session))
        return result

    def _judge(self, error: "psycopg.Error", address: str, session: "Session") -> Exception:
        """Return what the error says about the statement's effect; keep the session only where it is sound."""
        state = error.sqlstate or ""
        if not state or (state.startswith(_UNSURE_CLASSES) and state != _CANCELLED):
            _drop(session)
            self._drop_idle()
            return UnknownError(f"the database at {address} went away: {_first_line(error)}")
        if state == _READ_ONLY:
            _drop(session)
            self._drop_idle()
            self._names.forget(self._name)
            return ReadOnlyError(f"the database at {address} is read-only")
        self._idle.append((address, session))
        return RefusedError(f"the database at {address} refused: {_first_line(error)}")

    def _drop_idle(self) -> None:
        while self._idle:
            _drop(self._idle.pop()[1])


def _is_quiet(session: "Session") -> bool:
    """Return whether an idle session is sound: one that has something to read has been ended by its server."""
    if session.closed:
        return False
    poll = select.poll()
    poll.register(session.fileno(), select.POLLIN)
    return not poll.poll(0)


def _sever(session: "Session") -> None:
    """Cut the connection under a statement in work, which ends it at once with an error."""
    if not session.closed:
        with socket.socket(fileno=os.dup(session.fileno())) as cable:
            cable.shutdown(socket.SHUT_RDWR)


def _bury(ended: "asyncio.Future[Any]", session: "Session") -> None:
    ended.exception()  # known: it was cut off
    _drop(session)


def _drop(session: "Session") -> None:
    session.pgconn.finish()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
