"""What a region needs to live again: real processes, started by parts that fail in various ways."""

import asyncio
import os
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from blackstart.clock import SystemClock
from blackstart.lab.layout import Layout, Ports
from blackstart.lab.plant import cache, revival
from blackstart.lab.plant.parts import Parts
from blackstart.lab.processes import PartError, Processes
from blackstart.lab.specification import Specification

REGION = "eu-west-1"
CACHE, ALB, TWIN = cache.name(REGION), f"alb-{REGION}", f"kubernetes-{REGION}"


@dataclass
class Part:
    """Starts a process. ``failures``: how often it comes up only half."""

    processes: Processes
    name: str
    failures: int = 0
    tries: int = 0
    half: asyncio.Event = field(default_factory=asyncio.Event)
    waits: bool = False

    async def start(self, region):
        await self.processes.start(self.name, ["sleep", "1000"], group=region)
        self.tries += 1
        self.half.set()
        if self.waits:
            await asyncio.Event().wait()
        if self.tries <= self.failures:
            raise PartError(f"{self.name} does not answer")


class Database:
    """Takes note of what it is asked."""

    def __init__(self):
        self.revived = []

    async def revive_region(self, region):
        self.revived.append(region)


@pytest.fixture
def region(tmp_path, monkeypatch):
    monkeypatch.setattr(revival, "_PAUSE_S", 0.01)
    layout = Layout(104, Ports(*range(20000, 20008)), (REGION, "eu-central-1"))
    record = SimpleNamespace(layout=layout, specification=Specification(), token="t", incarnation="i")
    processes = Processes(tmp_path, dict(os.environ))
    whole = Parts(tmp_path, record, processes, SystemClock(), lambda _: None)
    stub = SimpleNamespace(
        parts=whole, processes=processes, alb=Part(processes, ALB), twin=Part(processes, TWIN), database=Database()
    )
    whole.edge = SimpleNamespace(start_alb=stub.alb.start)
    whole.twins = SimpleNamespace(start=stub.twin.start)
    whole.aurora = stub.database
    stub.alive = lambda: [name for name in (CACHE, ALB, TWIN) if processes.alive(name)]
    return stub


def run(region, scene):
    async def whole():
        try:
            await scene()
        finally:
            await region.processes.kill_all()

    asyncio.run(whole())


def test_a_part_that_comes_up_half_is_ended_and_tried_again(region):
    async def scene():
        region.alb.failures = 2
        await region.parts.revive(REGION)
        assert region.alive() == [CACHE, ALB, TWIN]
        assert (region.alb.tries, region.twin.tries, region.database.revived) == (3, 1, [REGION])

    run(region, scene)


def test_a_part_that_never_comes_up_is_named_and_the_others_live(region):
    async def scene():
        region.twin.failures = 9
        with pytest.raises(PartError, match=f"{TWIN}: PartError: {TWIN} does not answer"):
            await region.parts.revive(REGION)
        assert region.alive() == [CACHE, ALB]
        assert region.database.revived == [REGION]
        # The next revival starts what is missing, and nothing else.
        region.twin.failures = 0
        await region.parts.revive(REGION)
        assert region.alive() == [CACHE, ALB, TWIN]
        assert region.alb.tries == 1

    run(region, scene)


def test_a_revival_that_is_ended_leaves_no_part_half_up(region):
    async def scene():
        region.alb.waits = True
        reviving = asyncio.create_task(region.parts.revive(REGION))
        await region.alb.half.wait()
        reviving.cancel()
        await asyncio.wait([reviving])
        assert ALB not in region.alive()

    run(region, scene)
