import asyncio
import os
import socket
from pathlib import Path

import pytest
import uvloop

import blackstart
from blackstart.lab.layout import Layout, Ports
from blackstart.lab.links import Links
from blackstart.lab.processes import Processes

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
BLOCK = 104


def free_ports(count):
    """Return ports that are free now at an address of the block, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((f"127.{BLOCK}.0.2", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Bench:
    """Links that run, with an echo server behind the primary's load balancer."""

    def __init__(self, state):
        self.layout = Layout(BLOCK, Ports(*free_ports(8)), (PRIMARY, STANDBY))
        source = str(Path(next(iter(blackstart.__path__))).parent)
        self.processes = Processes(state, dict(os.environ) | {"PYTHONPATH": source})
        self.links = Links(self.processes, self.layout, state)
        self.path = f"client>{PRIMARY}:alb"
        self.received = bytearray()
        self.ended = 0
        self.peers = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._echo, self.layout.alb(PRIMARY), self.layout.ports.http)
        await self.links.start()
        return self

    async def __aexit__(self, *_):
        await self.processes.kill_all()
        self.server.close()

    async def connect(self, origin=None):
        local = None if origin is None else (origin, 0)
        where = self.layout.alb_link(0, PRIMARY), self.layout.ports.http
        return await asyncio.open_connection(*where, local_addr=local)

    async def _echo(self, reader, writer):
        self.peers.append(writer.get_extra_info("peername")[0])
        try:
            while data := await reader.read(65536):
                self.received += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        self.ended += 1
        writer.close()


@pytest.fixture
def on_bench(tmp_path):
    """Run a scenario on a bench of its own."""

    def run(scenario):
        async def scene():
            async with Bench(tmp_path) as bench:
                await scenario(bench)

        uvloop.run(scene())

    return run
