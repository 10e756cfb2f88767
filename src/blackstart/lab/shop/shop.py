"""The shop's requests: who answers what."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TextIO

from blackstart.clock import Clock, SystemClock
from blackstart.lab.shop.cache import Cache
from blackstart.lab.shop.catalogue import Catalogue
from blackstart.lab.shop.database import Database
from blackstart.lab.shop.failure import ServiceError
from blackstart.lab.shop.http import Request, Response
from blackstart.lab.shop.names import Names
from blackstart.lab.shop.orders import Orders, order
from blackstart.lab.shop.settings import Settings

if TYPE_CHECKING:
    from blackstart.lab.shop.database import Session

_READY_S = 0.7
_SESSIONS = 4
_PROBES = ("/healthz", "/readyz")
_ORDERS = "/orders"
_WRITABLE = "SELECT NOT (pg_is_in_recovery() OR current_setting('transaction_read_only')::bool)"


class Shop:
    """One pod's shop. ``leaving``: it was asked to end, so it is not ready any more."""

    def __init__(self, settings: Settings, clock: Clock | None = None, log: TextIO = sys.stdout) -> None:
        names = Names(settings.resolver)
        self._settings = settings
        self._clock = clock or SystemClock()
        self._log = log
        self._writer = Database(settings, names, settings.writer, _SESSIONS)
        reader = Database(settings, names, settings.reader, _SESSIONS)
        self._orders = Orders(self._writer, settings.region)
        self._catalogue = Catalogue(Cache(settings.cache, names), reader, self._writer)
        self._marks = {"X-Region": settings.region, "X-Pod": settings.pod}
        self.leaving = False

    async def answer(self, request: Request) -> Response:
        """Answer any request, always: what fails says with which outcome."""
        started_ns = self._clock.now_ns()
        try:
            response = await self._handler(request)(request)
        except ServiceError as error:
            body = {"outcome": str(error.outcome), "error": error.reason}
            response = Response(error.status, body | self._place)
        except Exception as error:  # noqa: BLE001 (a fault of the shop itself must be answered and logged as well)
            body = {"outcome": "unknown", "error": f"{type(error).__name__}: {error}"}
            response = Response(500, body | self._place)
        self._tell(request, response, started_ns)
        return Response(response.status, response.body, response.headers | self._marks)

    @property
    def _place(self) -> dict[str, str]:
        return {"region": self._settings.region, "pod": self._settings.pod}

    def _handler(self, request: Request) -> Callable[[Request], Awaitable[Response]]:
        routes = {
            ("GET", "/healthz"): self._health,
            ("GET", "/readyz"): self._readiness,
            ("POST", _ORDERS): self._place_order,
            ("GET", "/catalogue"): self._read_catalogue,
        }
        if request.method == "GET" and request.path.startswith(f"{_ORDERS}/"):
            return self._read_order
        return routes.get((request.method, request.path), self._nothing)

    async def _nothing(self, request: Request) -> Response:
        return Response(404, {"outcome": "fail", "error": f"nothing at {request.method} {request.path}"})

    async def _health(self, _: Request) -> Response:
        return Response(200, {"status": "ok", "catalogue": self._catalogue.counts})

    async def _readiness(self, _: Request) -> Response:
        """Answer 200 while the writer can be reached and written to; nothing is written for it."""

        async def work(session: "Session") -> bool:
            row = await (await session.execute(_WRITABLE)).fetchone()
            return row is not None and bool(row[0])

        if self.leaving:
            return Response(503, {"status": "leaving"})
        try:
            writable = await self._writer.run(work, asyncio.get_running_loop().time() + _READY_S)
        except ServiceError as error:
            return Response(503, {"status": error.reason})
        return Response(200, {"status": "ready"}) if writable else Response(503, {"status": "the writer is read-only"})

    async def _place_order(self, request: Request) -> Response:
        wanted = order(request.headers.get("idempotency-key"), request.body)
        is_new, number, database = await self._orders.place(wanted)
        body = {"id": number, "key": wanted["key"], "database": database}
        return Response(201 if is_new else 200, body | self._place)

    async def _read_order(self, request: Request) -> Response:
        key = request.path.removeprefix(f"{_ORDERS}/")
        found = await self._orders.read(key)
        return Response(404, {"error": f"no order {key}"}) if found is None else Response(200, found)

    async def _read_catalogue(self, _: Request) -> Response:
        how, catalogue = await self._catalogue.read()
        return Response(200, catalogue, {"X-Cache": how})

    def _tell(self, request: Request, response: Response, started_ns: int) -> None:
        """Log one line a request, but for probes that went well: there would be nothing else to read."""
        if request.path in _PROBES and response.status == 200:
            return
        line = {
            "time": self._clock.wall().isoformat(timespec="milliseconds"),
            "method": request.method,
            "path": request.path,
            "key": request.headers.get("idempotency-key"),
            "status": response.status,
            "ms": round((self._clock.now_ns() - started_ns) / 1e6, 1),
        }
        if response.status >= 500:
            line["error"] = response.body.get("error") or response.body.get("status")
        self._log.write(json.dumps(line | self._place) + "\n")
        self._log.flush()
