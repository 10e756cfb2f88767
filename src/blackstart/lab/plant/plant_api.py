"""The plant's HTTP API: how the AWS API makes a call take effect, and how ``lab status`` is told the truth."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from blackstart.lab.names import Record
from blackstart.outcome import BlackstartError, UsageError

Answer = dict[str, Any] | list[Any]


class Plant(Protocol):
    """What the API needs of the plant. Each takes and returns what the contract of its path says."""

    @property
    def regions(self) -> tuple[str, ...]: ...
    async def status(self) -> dict[str, Any]: ...
    def begin_down(self) -> None: ...
    def powers(self) -> dict[str, str]: ...
    async def set_power(self, region: str, power: str) -> None: ...
    async def set_cache(self, region: str, power: str) -> None: ...
    def aurora_state(self) -> dict[str, Any]: ...
    async def failover(self, target_region: str, mode: str, *, data_loss_allowed: bool) -> None: ...
    async def fail_over_writer(self, region: str, instance: str | None) -> None: ...
    async def restore_snapshot(self, snapshot: str, cluster: str) -> None: ...
    async def discard_restored(self, region: str, cluster: str) -> None: ...
    async def targets(self, region: str) -> list[dict[str, Any]]: ...
    async def set_ingress(self, region: str, allowed: list[str]) -> None: ...
    async def set_path(self, region: str, *, is_open: bool) -> None: ...
    async def set_accelerator(self, groups: list[dict[str, Any]], *, enabled: bool) -> None: ...
    async def accelerator(self) -> dict[str, Any]: ...
    def set_records(self, records: list[Record]) -> None: ...
    def records(self) -> list[Record]: ...
    async def set_links(self, changes: dict[str, dict[str, Any]]) -> None: ...
    def links(self) -> dict[str, Any]: ...
    def set_experiments(self, running: list[str]) -> None: ...
    def set_alarm_actions(self, acting: dict[str, bool]) -> None: ...
    def note(self, note: dict[str, Any]) -> None: ...
    async def invoke(self, function: str, event: dict[str, Any]) -> None: ...
    async def set_automation(self, *, delay_s: float) -> None: ...


class PlantApi:
    """Serves the plant on a socket that is listening already. Every call needs the lab's token."""

    def __init__(self, plant: Plant, token: str) -> None:
        self._plant = plant
        self._token = f"Bearer {token}".encode()
        self._runner: web.AppRunner | None = None

    async def start(self, listener: socket.socket) -> None:
        app = web.Application(middlewares=[self._guard])
        for method, path, handler in self._routes():
            app.router.add_route(method, path, handler)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        if not secrets.compare_digest(given, self._token):
            return _problem(401, "Unauthorized", "give the lab's token: Authorization: Bearer …")
        try:
            return await handler(request)
        except (UsageError, KeyError, TypeError, ValueError) as error:
            return _problem(getattr(error, "status", 400), getattr(error, "code", "BadRequest"), _said(error))
        except BlackstartError as error:
            return _problem(getattr(error, "status", 409), getattr(error, "code", "Conflict"), str(error))

    def _routes(self) -> list[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]]]:
        plant = self._plant
        return [
            ("GET", "/status", self._tell(plant.status)),
            ("POST", "/down", self._down),
            ("GET", "/regions", self._tell(plant.powers)),
            ("PUT", "/regions/{region}", self._power),
            ("PUT", "/caches/{region}", self._cache),
            ("GET", "/aurora", self._tell(plant.aurora_state)),
            ("POST", "/aurora/failover", self._failover),
            ("POST", "/aurora/writer/{region}", self._fail_over_writer),
            ("POST", "/aurora/restored/{cluster}", self._restore),
            ("DELETE", "/aurora/restored/{region}/{cluster}", self._discard),
            ("GET", "/edge/targets/{region}", self._targets),
            ("PUT", "/edge/ingress/{region}", self._ingress),
            ("PUT", "/edge/path/{region}", self._path),
            ("PUT", "/edge/accelerator", self._accelerator),
            ("GET", "/edge/accelerator", self._tell(plant.accelerator)),
            ("PUT", "/names/records", self._records),
            ("GET", "/names/records", self._tell(lambda: {"records": plant.records()})),
            ("PUT", "/links", self._links),
            ("GET", "/links", self._tell(plant.links)),
            ("PUT", "/fis", self._experiments),
            ("PUT", "/alarms", self._alarms),
            ("PUT", "/automation", self._automation),
            ("POST", "/automation/invocations", self._invocation),
            ("POST", "/truth", self._note),
        ]

    def _tell(self, ask: Callable[[], Awaitable[Answer] | Answer]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(_: web.Request) -> web.Response:
            answer = ask()
            return web.json_response(answer if isinstance(answer, dict | list) else await answer)

        return handler

    def _region(self, request: web.Request) -> str:
        region = request.match_info["region"]
        if region not in self._plant.regions:
            raise UsageError(f"region {region!r} is not in this lab; it has {', '.join(self._plant.regions)}")
        return region

    async def _down(self, _: web.Request) -> web.Response:
        # The answer leaves first.
        asyncio.get_running_loop().call_later(0.05, self._plant.begin_down)
        return web.json_response({}, status=202)

    async def _power(self, request: web.Request) -> web.Response:
        await self._plant.set_power(self._region(request), (await request.json())["power"])
        return web.json_response(self._plant.powers())

    async def _cache(self, request: web.Request) -> web.Response:
        await self._plant.set_cache(self._region(request), (await request.json())["power"])
        return web.json_response({})

    async def _failover(self, request: web.Request) -> web.Response:
        body = await request.json()
        allowed = bool(body.get("data_loss_allowed", False))
        await self._plant.failover(body["target_region"], body["mode"], data_loss_allowed=allowed)
        return web.json_response({}, status=202)

    async def _fail_over_writer(self, request: web.Request) -> web.Response:
        await self._plant.fail_over_writer(self._region(request), (await request.json())["instance"])
        return web.json_response({}, status=202)

    async def _restore(self, request: web.Request) -> web.Response:
        await self._plant.restore_snapshot((await request.json())["snapshot"], request.match_info["cluster"])
        return web.json_response({}, status=202)

    async def _discard(self, request: web.Request) -> web.Response:
        await self._plant.discard_restored(self._region(request), request.match_info["cluster"])
        return web.json_response({})

    async def _targets(self, request: web.Request) -> web.Response:
        return web.json_response(await self._plant.targets(self._region(request)))

    async def _ingress(self, request: web.Request) -> web.Response:
        await self._plant.set_ingress(self._region(request), list((await request.json())["allowed"]))
        return web.json_response({})

    async def _path(self, request: web.Request) -> web.Response:
        await self._plant.set_path(self._region(request), is_open=bool((await request.json())["open"]))
        return web.json_response({})

    async def _accelerator(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._plant.set_accelerator(body["groups"], enabled=bool(body.get("enabled", True)))
        return web.json_response({})

    async def _records(self, request: web.Request) -> web.Response:
        self._plant.set_records((await request.json())["records"])
        return web.json_response({})

    async def _links(self, request: web.Request) -> web.Response:
        await self._plant.set_links(await request.json())
        return web.json_response(self._plant.links())

    async def _experiments(self, request: web.Request) -> web.Response:
        self._plant.set_experiments((await request.json())["running"])
        return web.json_response({})

    async def _alarms(self, request: web.Request) -> web.Response:
        self._plant.set_alarm_actions((await request.json())["acting"])
        return web.json_response({})

    async def _automation(self, request: web.Request) -> web.Response:
        await self._plant.set_automation(delay_s=float((await request.json())["delay_s"]))
        return web.json_response({})

    async def _invocation(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._plant.invoke(body["function"], body["event"])
        return web.json_response({}, status=202)

    async def _note(self, request: web.Request) -> web.Response:
        self._plant.note(await request.json())
        return web.json_response({})


def _problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


def _said(error: Exception) -> str:
    return f"the body lacks {error}" if isinstance(error, KeyError) else str(error)
