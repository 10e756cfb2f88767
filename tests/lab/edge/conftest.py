"""A real edge on loopback: Envoys, pods, and a Kubernetes API that lists and watches pods over TLS."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import uvloop
from aiohttp import web

from blackstart.lab.edge import Cluster, Edge
from blackstart.lab.kubernetes import certificates
from blackstart.lab.layout import Layout, Ports
from blackstart.lab.processes import Processes
from blackstart.lab.shop.http import Request, Response, Server
from blackstart.lab.specification import Specification

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
TOKEN = "letmein"


def eventually[T](look: Callable[[], T], within_s: float = 20) -> T:
    """Look until there is something true to see."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"never came true: {look}"
        time.sleep(0.01)
    return seen


def free_port(*hosts: str) -> int:
    """Return a port that is free at all these addresses."""
    while True:
        with contextlib.ExitStack() as probes:
            port = 0
            try:
                for host in hosts:
                    probe = probes.enter_context(socket.socket())
                    probe.bind((host, port))
                    port = probe.getsockname()[1]
            except OSError:
                continue
            return port


@dataclass
class Api:
    """What one region's Kubernetes knows of the shop's pods."""

    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 1
    watchers: list[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=list)
    lists: int = 0

    def put(self, name: str, ip: str, *, ready: bool = True, leaving: bool = False) -> None:
        kind = "MODIFIED" if name in self.pods else "ADDED"
        metadata: dict[str, Any] = {"name": name, "labels": {"app": "shop"}, "namespace": "shop"}
        if leaving:
            metadata["deletionTimestamp"] = "2026-11-22T00:00:00Z"
        conditions = [{"type": "Ready", "status": str(ready)}]
        self.pods[name] = {"metadata": metadata, "status": {"podIP": ip, "phase": "Running", "conditions": conditions}}
        self._tell(kind, self.pods[name])

    def delete(self, name: str) -> None:
        self._tell("DELETED", self.pods.pop(name))

    def _tell(self, kind: str, pod: dict[str, Any]) -> None:
        self.version += 1
        pod["metadata"]["resourceVersion"] = str(self.version)
        for watcher in self.watchers:
            watcher.put_nowait({"type": kind, "object": pod})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        assert request.query["labelSelector"] == "app=shop"
        if "watch" not in request.query:
            self.lists += 1
            listed = {"metadata": {"resourceVersion": str(self.version)}, "items": list(self.pods.values())}
            return web.json_response(listed)
        answer = web.StreamResponse()
        await answer.prepare(request)
        if int(request.query["resourceVersion"]) < self.version:
            gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
            await answer.write(json.dumps(gone).encode() + b"\n")
            return answer
        watcher: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.watchers.append(watcher)
        try:
            async with asyncio.timeout(int(request.query["timeoutSeconds"])):
                while (event := await watcher.get()) is not None:
                    await answer.write(json.dumps(event).encode() + b"\n")
        except TimeoutError:
            pass
        finally:
            self.watchers.remove(watcher)
        return answer

    def lose_everything(self) -> None:
        """Come back empty, as another server: what was watched from an earlier version is gone."""
        self.pods.clear()
        self.version += 1000

    def end_watches(self) -> None:
        for watcher in self.watchers:
            watcher.put_nowait(None)


@dataclass
class Pod:
    """One pod: says who it is; can be made unready, slow, or ended."""

    region: str
    name: str
    ip: str
    ready: bool = True
    refused: int = 0
    server: Any = None

    async def answer(self, request: Request) -> Response:
        marks = {"X-Region": self.region, "X-Pod": self.name}
        if request.path == "/readyz":
            self.refused += not self.ready
            return Response(200 if self.ready else 503, {}, marks)
        if request.path == "/slow":
            await asyncio.sleep(1)
        return Response(200, {"headers": dict(request.headers)}, marks)


class Lab:
    """The edge in a loop of its own; everything here may be called from the test's thread."""

    def __init__(self, state: Path) -> None:
        ports = Ports(*(free_port("127.105.0.10", "127.105.1.10", "127.105.2.10", "127.105.0.21") for _ in range(8)))
        self.layout = Layout(105, ports, (PRIMARY, STANDBY))
        self.apis = {region: Api() for region in self.layout.regions}
        self.pods: list[Pod] = []
        self.former: set[str] = set()
        self.processes = Processes(state)
        self.moved_pods = 0
        self._state = state
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runners: dict[str, web.AppRunner] = {}
        self._links: list[asyncio.Server] = []

    def call[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def do[T](self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return self.call(run())

    def start_loop(self) -> None:
        self._thread.start()

    def start(self) -> None:
        self.start_loop()
        self.call(self._start())

    async def _start(self) -> None:
        addresses = {region: [self.layout.kubernetes(region)] for region in self.layout.regions}
        files = await asyncio.to_thread(certificates.write, self._state / "tls", addresses)
        self._files = files
        port = self.layout.ports.kubernetes
        clusters = {
            region: Cluster(f"https://{self.layout.kubernetes(region)}:{port}", files[region]["ca"], TOKEN)
            for region in self.layout.regions
        }
        for region in self.layout.regions:
            await self._start_api(region)
            await self._link(region)
        self.edge = Edge(self.layout, Specification(), self.processes, self._state, clusters)
        self.running = asyncio.ensure_future(self.edge.run())
        await asyncio.gather(self.edge.start(), *(self.edge.start_alb(region) for region in self.layout.regions))

    async def _start_api(self, region: str) -> None:
        import ssl

        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(self._files[region]["cert"], self._files[region]["key"])
        app = web.Application()
        app.router.add_get("/api/v1/namespaces/shop/pods", self.apis[region].serve)
        self._runners[region] = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runners[region].setup()
        site = web.TCPSite(
            self._runners[region], self.layout.kubernetes(region), self.layout.ports.kubernetes, ssl_context=trust
        )
        await site.start()

    def stop_api(self, region: str) -> None:
        self.do(self.apis[region].end_watches)
        self.call(self._runners[region].cleanup())

    def start_api(self, region: str) -> None:
        self.call(self._start_api(region))

    async def _link(self, region: str) -> None:
        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                there = await asyncio.open_connection(self.layout.alb(region), self.layout.ports.http)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer), return_exceptions=True)

        link = await asyncio.start_server(forward, self.layout.edge_link(region), self.layout.ports.http)
        self._links.append(link)

    def add_pod(self, region: str) -> Pod:
        self.moved_pods += 1
        ip = self.layout.pods(region)[self.moved_pods]
        pod = Pod(region, f"shop-{self.moved_pods}", ip)
        self.pods.append(pod)
        self.call(self._serve(pod))
        self.do(lambda: self.apis[region].put(pod.name, ip))
        return pod

    async def _serve(self, pod: Pod) -> None:
        server = Server(pod.answer)
        pod.server = await self._loop.create_server(server.protocol, pod.ip, self.layout.ports.http)

    def targets(self, region: str) -> list[dict[str, Any]]:
        """Return the targets of this test; those of an earlier one may still be draining."""
        return [target for target in self.do(lambda: self.edge.targets(region)) if target["address"] not in self.former]

    def states(self, region: str) -> list[str]:
        return [target["state"] for target in self.targets(region)]

    def reset(self) -> None:
        """Put everything back, for the next test."""
        for region in self.layout.regions:
            self.do(lambda region=region: self._open(region))
        self.do(lambda: self.edge.set_accelerator({"groups": []}))
        for pod in self.pods:
            self.do(pod.server.close)
        self.former |= {pod.ip for pod in self.pods}
        self.pods.clear()
        eventually(lambda: all(self._is_empty(region) for region in self.layout.regions))

    def _open(self, region: str) -> None:
        self.edge.set_ingress(region, ["0.0.0.0/0"])
        self.edge.set_path(region, True)
        for name in list(self.apis[region].pods):
            self.apis[region].delete(name)

    def _is_empty(self, region: str) -> bool:
        states = {target["state"] for target in self.do(lambda: self.edge.targets(region))}
        return states <= {"draining"} and requests.get(self.alb(region), timeout=5).status_code == 503

    def healthy(self, region: str, count: int = 1) -> bool:
        return self.states(region).count("healthy") == count

    def routed(self) -> dict[str, float]:
        return dict(self.do(self.edge.describe_accelerator)["routed"])

    def dial(self, primary: float, standby: float) -> None:
        document = {"groups": [group(PRIMARY, primary), group(STANDBY, standby)], "enabled": True}
        self.do(lambda: self.edge.set_accelerator(document))

    def alb(self, region: str) -> str:
        return f"http://{self.layout.alb(region)}:{self.layout.ports.http}"

    @property
    def accelerator(self) -> str:
        return f"http://{self.layout.accelerator}:{self.layout.ports.http}"

    def stop(self) -> None:
        self.call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.processes.kill_all()
        for api in self.apis.values():
            api.end_watches()
        for runner in self._runners.values():
            await runner.cleanup()
        for server in self._links + [pod.server for pod in self.pods]:
            server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def group(region: str, dial: float, weight: int = 128) -> dict[str, Any]:
    endpoint = {"id": f"arn:alb-{region}", "region": region, "weight": weight}
    return {"region": region, "dial": dial, "endpoints": [endpoint]}


@pytest.fixture(scope="module")
def started_lab(tmp_path_factory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("edge"))
    lab.start()
    yield lab
    lab.stop()


@pytest.fixture
def lab(started_lab) -> Iterator[Lab]:
    """The edge with no pod and no accelerator group; everything is put back afterwards."""
    yield started_lab
    started_lab.reset()


@pytest.fixture
def bare_lab(tmp_path) -> Iterator[Lab]:
    """A lab's loop, addresses and processes; the test starts the edge in it."""
    lab = Lab(tmp_path)
    lab.start_loop()
    yield lab
    lab.stop()


@pytest.fixture
def eventually_true() -> Callable[..., object]:
    return eventually


@pytest.fixture
def region_of() -> Callable[[str], str | None]:
    """Ask over a fresh connection; return which region answered, None for no answer."""

    def ask(url: str, timeout_s: float = 2) -> str | None:
        try:
            answer = requests.get(url, timeout=timeout_s)
        except requests.RequestException:
            return None
        return answer.headers.get("X-Region") if answer.status_code == 200 else None

    return ask
