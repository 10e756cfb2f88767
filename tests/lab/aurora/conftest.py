import asyncio
import os
import socket
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest
import uvloop

import blackstart
from blackstart.clock import SystemClock
from blackstart.lab.aurora import Aurora
from blackstart.lab.layout import Layout, Ports
from blackstart.lab.links import Links
from blackstart.lab.plant import sharedmemory
from blackstart.lab.processes import Processes
from blackstart.lab.specification import TIMINGS, Timing

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
BLOCK = 104
PASSWORD = "it's a \\ secret"


def free_ports(count):
    """Return ports that are free now at an address of the block, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((f"127.{BLOCK}.0.2", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@dataclass
class Acknowledged:
    """What one writer was told is durable, and when."""

    at: dict[str, float] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def lost(self, survivors):
        return {key for key in self.at if key not in survivors}


class Slowly:
    """A specification of nothing but the time that promotions take beyond the database's own work."""

    def __init__(self, promotion_s, takeover_s):
        self.timings: Timing = replace(TIMINGS["fast"], promotion_s=promotion_s, takeover_s=takeover_s)


class Database:
    """A global cluster with its links and processes, and clients of it."""

    def __init__(self, state, specification):
        self.layout = Layout(BLOCK, Ports(*free_ports(8)), (PRIMARY, STANDBY))
        source = str(Path(next(iter(blackstart.__path__))).parent)
        self.state = state
        self.processes = Processes(state, dict(os.environ) | {"PYTHONPATH": source})
        self.links = Links(self.processes, self.layout, state)
        self.aurora = Aurora(
            self.layout, specification, self.processes, self.links, state, SystemClock(), password=PASSWORD
        )

    async def __aenter__(self):
        await asyncio.gather(self.links.start(), self.aurora.start())
        return self

    async def __aexit__(self, *_):
        for region in self.layout.regions:
            self.aurora.mark_lost(region)
            self.processes.strike_group(region)
        await self.processes.kill_all()
        sharedmemory.remove(self.state, [child.identity for child in self.processes.children if child.identity.started])

    async def connect(self, region, number=1):
        return await psycopg.AsyncConnection.connect(
            host=self.layout.instance(region, number),
            port=self.layout.ports.database,
            user="shop",
            password=PASSWORD,
            dbname="shop",
            autocommit=True,
        )

    async def write(self, region, tag, acknowledged, count=None, number=1):
        """Write orders until the server is gone, or ``count`` of them."""
        order = 0
        try:
            async with await self.connect(region, number) as connection:
                while order != count:
                    order += 1
                    key = f"{tag}-{order}"
                    acknowledged.unknown.add(key)
                    await connection.execute("INSERT INTO orders (key, seq) VALUES (%s, %s)", (key, order))
                    acknowledged.at[key] = time.monotonic()
                    acknowledged.unknown.discard(key)
                    await asyncio.sleep(0.005)
        except psycopg.Error:
            pass

    async def orders(self, region, number=1):
        async with await self.connect(region, number) as connection:
            return {key for (key,) in await (await connection.execute("SELECT key FROM orders")).fetchall()}

    async def power_off(self, region):
        self.aurora.mark_lost(region)
        hit = self.processes.strike_group(region)
        await self.links.cut_region(region)
        await self.processes.gone(hit)
        await self.aurora.lose_region(region)

    async def power_on(self, region):
        await self.links.open_region(region)
        self.processes.open_group(region)
        await self.aurora.revive_region(region)

    async def hang(self, region):
        self.aurora.mark_lost(region)
        self.processes.suspend_group(region)
        await self.aurora.lose_region(region)

    async def wake(self, region):
        await self.aurora.revive_region(region)
        self.processes.resume_group(region)

    def member(self, region):
        return next(member for member in self.aurora.describe()["members"] if member["region"] == region)

    async def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.aurora.describe()
            await asyncio.sleep(0.01)

    async def settled(self):
        """Return when no move is under way, and every standby streams."""
        await self.until(lambda: self.aurora.describe()["status"] == "available")
        await self.until(self.aurora.ready)
        reader = next(m["region"] for m in self.aurora.describe()["members"] if m["role"] == "reader")
        await self.until(lambda: self.member(reader)["synchronization"] == "connected")


@pytest.fixture
def with_database(tmp_path):
    """Run a scenario against a global cluster of its own."""

    def run(scenario, promotion_s=0.0, takeover_s=0.0):
        async def scene():
            async with Database(tmp_path, Slowly(promotion_s, takeover_s)) as database:
                await scenario(database)

        uvloop.run(scene())

    return run


@pytest.fixture
def acknowledged():
    return Acknowledged()
