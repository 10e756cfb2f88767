"""A real HTTP server that behaves as it is told, and the observer process in front of it."""

import asyncio
import re
import socket
import struct
import time
from collections.abc import Callable
from threading import Lock, Thread

import pytest

from blackstart.observer.plan import CanaryPlan, LedgerPlan, Plan, RequestPlan
from blackstart.observer.supervision import Observer

ADDRESS = "127.106.0.1"


def reply(status=200, body=b"ok", headers=b"X-Region: eu-west-1\r\n"):
    return b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, headers, len(body), body)


class ScriptedServer:
    """Answers every request as ``behaviour`` says; remembers each request's bytes and when it was answered."""

    def __init__(self, tls=None):
        self.behaviour = "ok"
        self.requests = []
        self.answered = []
        self._lock = Lock()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, ADDRESS, 0, backlog=1000, ssl=tls)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if tls else ''}://{ADDRESS}:{self.port}/orders"
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def _serve(self, reader, writer):
        try:
            await self._answer(self.behaviour, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, behaviour, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        with self._lock:
            self.requests.append(head + body)
        if behaviour == "hang":
            await asyncio.sleep(60)
        elif behaviour == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif behaviour == "drip":
            for byte in reply():
                writer.write(bytes((byte,)))
                await asyncio.sleep(0.1)
        else:
            await self._write(behaviour, writer)
            with self._lock:
                self.answered.append((time.monotonic_ns(), head + body))

    async def _write(self, behaviour, writer):
        if isinstance(behaviour, tuple):
            delay_s, behaviour = behaviour
            await asyncio.sleep(delay_s)
        writer.write(reply() if behaviour == "ok" else behaviour)
        await writer.drain()

    def close(self):
        def stop():
            self._server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.call_soon(self._loop.stop)

        self._loop.call_soon_threadsafe(stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


@pytest.fixture
def server():
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def refusing_url():
    """A port that was free a moment ago, held without listening so that nobody else takes it."""
    with socket.socket() as held:
        held.bind((ADDRESS, 0))
        yield f"http://{ADDRESS}:{held.getsockname()[1]}/"


@pytest.fixture
def until() -> Callable[..., None]:
    def until(condition, what, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {timeout_s} s for: {what}"
            time.sleep(0.02)

    return until


@pytest.fixture
def plan_for(server):
    def plan_for(*, canary=None, ledger=None, **fields):
        canaries = (CanaryPlan("a", canary.pop("url", server.url), **canary),) if canary is not None else ()
        request = RequestPlan(server.url, headers={"Idempotency-Key": "{key}"}, body='{"seq":{seq},"w":{writer}}')
        ledgers = (LedgerPlan("orders", "r1", request, **ledger),) if ledger is not None else ()
        return Plan(("eu-west-1", "eu-central-1"), canaries, ledgers, **fields)

    return plan_for


@pytest.fixture
def observer(tmp_path):
    started = []

    def start(plan):
        observer = Observer(plan, tmp_path)
        started.append(observer)
        observer.start()
        return observer

    yield start
    for observer in started:
        observer.stop()
