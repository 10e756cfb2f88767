import asyncio
import json

import pytest

from blackstart.clock import VirtualClock
from blackstart.lab.plant.power import Power
from blackstart.outcome import UsageError

REGIONS = ("eu-west-1", "eu-central-1")


class Ground:
    """Processes, links and parts that only write down in which order they were told what."""

    def __init__(self):
        self.told = []
        self.revival = asyncio.Event()
        self.broken = False

    def strike_group(self, group):
        self.told.append(("strike", group))
        return []

    async def gone(self, hit):
        self.told.append("gone")

    def suspend_group(self, group):
        self.told.append(("suspend", group))

    def resume_group(self, group):
        self.told.append(("resume", group))

    async def cut_region(self, region):
        self.told.append(("cut", region))

    async def open_region(self, region):
        self.told.append(("open", region))

    async def lost(self, region):
        self.told.append(("lost", region))

    async def wake(self, region):
        self.told.append(("wake", region))

    async def revive(self, region):
        if self.broken:
            raise OSError("no postgres")
        await self.revival.wait()
        self.told.append(("revived", region))


@pytest.fixture
def ground():
    return Ground()


@pytest.fixture
def power(ground, tmp_path):
    clock = VirtualClock()
    return Power(REGIONS, ground, ground, ground, tmp_path, clock)


def mirrored(tmp_path):
    return json.loads((tmp_path / "regions.json").read_text())


def test_off_strikes_then_cuts_then_mirrors(power, ground, tmp_path):
    assert mirrored(tmp_path) == {"eu-west-1": "on", "eu-central-1": "on"}
    asyncio.run(power.set("eu-west-1", "off"))
    assert ground.told == [("strike", "eu-west-1"), ("cut", "eu-west-1"), "gone", ("lost", "eu-west-1")]
    assert mirrored(tmp_path) == power.states() == {"eu-west-1": "off", "eu-central-1": "on"}
    assert [entry["what"] for entry in power.truth] == ["power off", "cut off", "dead"]


def test_on_returns_before_the_revival_has_ended(power, ground):
    async def scene():
        await power.set("eu-west-1", "off")
        ground.told.clear()
        await power.set("eu-west-1", "on")
        assert ground.told == [("open", "eu-west-1")]
        assert power.states()["eu-west-1"] == "on"
        ground.revival.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert power.truth[-1]["what"] == "revived"

    asyncio.run(scene())


def test_off_during_a_revival_ends_it_first(power, ground):
    async def scene():
        await power.set("eu-west-1", "off")
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0)
        await power.set("eu-west-1", "off")
        ground.revival.set()
        await asyncio.sleep(0.01)
        assert ("revived", "eu-west-1") not in ground.told

    asyncio.run(scene())


def test_a_revival_that_fails_is_told(power, ground):
    async def scene():
        ground.broken = True
        await power.set("eu-west-1", "off")
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0.01)

    asyncio.run(scene())
    assert power.truth[-1]["what"] == "revival failed"
    assert "no postgres" in power.truth[-1]["reason"]


def test_hung_and_on_again(power, ground, tmp_path):
    async def scene():
        await power.set("eu-west-1", "hung")
        assert mirrored(tmp_path)["eu-west-1"] == "hung"
        await power.set("eu-west-1", "hung")
        await power.set("eu-west-1", "on")

    asyncio.run(scene())
    assert ground.told == [(what, "eu-west-1") for what in ("suspend", "lost", "wake", "resume")]


@pytest.mark.parametrize(("region", "power_asked"), [("us-east-1", "off"), ("eu-west-1", "dim")])
def test_nonsense_is_refused(power, ground, region, power_asked):
    with pytest.raises(UsageError):
        asyncio.run(power.set(region, power_asked))
    assert ground.told == []


def test_a_dead_region_cannot_hang(power):
    asyncio.run(power.set("eu-west-1", "off"))
    with pytest.raises(UsageError, match="switch it on first"):
        asyncio.run(power.set("eu-west-1", "hung"))
