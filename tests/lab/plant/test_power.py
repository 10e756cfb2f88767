import asyncio
import json

import pytest

from blackstart.clock import VirtualClock
from blackstart.lab.plant.power import Power
from blackstart.outcome import BlackstartError, UsageError

REGIONS = ("eu-west-1", "eu-central-1")


class Ground:
    """Processes, links and parts that only write down in which order they were told what."""

    def __init__(self):
        self.told = []
        self.revival = asyncio.Event()
        self.broken = False
        self.failing = set()

    def tell(self, *what):
        self.told.append(what)
        if what[0] in self.failing:
            raise BlackstartError(f"{what[0]} failed")

    def mark_lost(self, region):
        self.tell("mark", region)

    def open_group(self, group):
        self.tell("allow", group)

    def strike_group(self, group):
        self.told.append(("strike", group))
        return []

    async def gone(self, hit):
        self.tell("gone")

    def suspend_group(self, group):
        self.told.append(("suspend", group))

    def resume_group(self, group):
        self.told.append(("resume", group))

    async def cut_region(self, region):
        self.tell("cut", region)

    async def open_region(self, region):
        self.tell("open", region)

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


def test_off_cuts_and_strikes_at_one_moment_then_mirrors(power, ground, tmp_path):
    assert mirrored(tmp_path) == {"eu-west-1": "on", "eu-central-1": "on"}
    asyncio.run(power.set("eu-west-1", "off"))
    region = "eu-west-1"
    assert ground.told == [("mark", region), ("cut", region), ("strike", region), ("gone",), ("lost", region)]
    assert mirrored(tmp_path) == power.states() == {"eu-west-1": "off", "eu-central-1": "on"}
    assert [entry["what"] for entry in power.truth] == ["power off", "cut off", "dead"]


def test_on_returns_before_the_revival_has_ended(power, ground):
    async def scene():
        await power.set("eu-west-1", "off")
        ground.told.clear()
        await power.set("eu-west-1", "on")
        assert ground.told == [("open", "eu-west-1"), ("allow", "eu-west-1")]
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
    assert ground.told == [(what, "eu-west-1") for what in ("mark", "suspend", "lost", "wake", "resume")]


@pytest.mark.parametrize("step", ["cut", "gone"])
def test_an_off_that_fails_half_way_is_off_is_told_and_is_undone_by_on(power, ground, tmp_path, step):
    async def scene():
        ground.failing = {step}
        with pytest.raises(BlackstartError, match=f"{step} failed"):
            await power.set("eu-west-1", "off")
        assert mirrored(tmp_path)["eu-west-1"] == power.states()["eu-west-1"] == "off"
        assert ground.told[-1] == ("lost", "eu-west-1")
        assert ("gone",) in ground.told
        assert f"{step} failed" in power.truth[-1]["reason"]
        ground.told.clear()
        ground.failing.clear()
        await power.set("eu-west-1", "off")  # once more, to its end
        assert ("cut", "eu-west-1") in ground.told
        ground.revival.set()
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0.01)
        assert power.states()["eu-west-1"] == "on"
        assert ground.told[-3:] == [("open", "eu-west-1"), ("allow", "eu-west-1"), ("revived", "eu-west-1")]

    asyncio.run(scene())


def test_a_region_whose_links_do_not_open_is_still_off(power, ground):
    async def scene():
        await power.set("eu-west-1", "off")
        ground.failing = {"open"}
        with pytest.raises(BlackstartError, match="open failed"):
            await power.set("eu-west-1", "on")
        assert power.states()["eu-west-1"] == "off"
        assert ("allow", "eu-west-1") not in ground.told

    asyncio.run(scene())


def test_hanging_a_region_that_revives_ends_that_first_and_goes_on_with_it_afterwards(power, ground):
    async def scene():
        await power.set("eu-west-1", "off")
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0)
        await power.set("eu-west-1", "hung")
        ground.revival.set()
        await asyncio.sleep(0.01)
        assert ("revived", "eu-west-1") not in ground.told
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0.01)
        assert ground.told[-2:] == [("resume", "eu-west-1"), ("revived", "eu-west-1")]

    asyncio.run(scene())


def test_switching_on_again_tries_a_failed_revival_again_and_a_good_one_not(power, ground):
    async def scene():
        ground.broken = True
        await power.set("eu-west-1", "off")
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0.01)
        ground.broken = False
        ground.revival.set()
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0.01)
        await power.set("eu-west-1", "on")
        await asyncio.sleep(0.01)
        assert ground.told.count(("revived", "eu-west-1")) == 1

    asyncio.run(scene())


@pytest.mark.parametrize(("region", "power_asked"), [("us-east-1", "off"), ("eu-west-1", "dim")])
def test_nonsense_is_refused(power, ground, region, power_asked):
    with pytest.raises(UsageError):
        asyncio.run(power.set(region, power_asked))
    assert ground.told == []


def test_a_dead_region_cannot_hang(power):
    asyncio.run(power.set("eu-west-1", "off"))
    with pytest.raises(UsageError, match="switch it on first"):
        asyncio.run(power.set("eu-west-1", "hung"))


def test_what_is_written_down_late_stands_where_it_happened(power):
    power.note("first", 1)
    power.note("third", 3)
    power.note("second", 2, region="eu-west-1")
    assert [entry["what"] for entry in power.truth] == ["first", "second", "third"]
