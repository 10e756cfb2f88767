"""A region's cache, killed by itself and come back empty: a real Valkey."""

import asyncio
import os
import socket

import pytest

from blackstart.lab.layout import Layout
from blackstart.lab.plant import cache, ports
from blackstart.lab.processes import PartError, Processes
from blackstart.outcome import UsageError

REGION = "eu-west-1"
LAYOUT = Layout(106, ports.USUAL, (REGION, "eu-central-1"))


class Lab:
    """The caches of a lab, and what was written down of them."""

    def __init__(self, folder):
        self.processes = Processes(folder, dict(os.environ))
        self.caches = cache.Caches(LAYOUT, self.processes, folder)
        self.noted = []

    def note(self, what, **details):
        self.noted.append((what, details["region"], self.processes.alive(cache.name(REGION))))

    async def set(self, power):
        await self.caches.set(REGION, power, self.note)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def run(lab, scene):
    async def whole():
        try:
            await lab.caches.start(REGION)
            await lab.caches._answers(REGION)
            await scene()
        finally:
            await lab.processes.kill_all()

    asyncio.run(whole())


def ask(*words):
    with socket.create_connection((LAYOUT.cache(REGION), LAYOUT.ports.cache), 2) as connection:
        connection.sendall(" ".join(words).encode() + b"\r\n")
        return connection.recv(100)


def test_it_is_killed_and_comes_back_empty(lab):
    async def scene():
        assert ask("SET", "sku", "tea") == b"+OK\r\n"
        await lab.set("off")
        with pytest.raises(ConnectionRefusedError):
            ask("PING")
        assert lab.caches.states() == {REGION: "off", "eu-central-1": "off"}
        await lab.set("on")
        assert ask("GET", "sku") == b"$-1\r\n"
        assert lab.caches.states()[REGION] == "on"

    run(lab, scene)
    assert lab.noted == [("cache off", REGION, True), ("cache dead", REGION, False), ("cache on", REGION, True)]


def test_on_without_off_changes_nothing(lab):
    async def scene():
        before = lab.processes.pid(cache.name(REGION))
        await lab.set("on")
        assert lab.processes.pid(cache.name(REGION)) == before

    run(lab, scene)
    assert lab.noted == []


def test_a_region_that_comes_back_leaves_the_cache_to_its_fault(lab):
    async def scene():
        await lab.set("off")
        await lab.caches.start(REGION)  # as a revival does
        assert not lab.processes.alive(cache.name(REGION))
        await lab.set("on")
        assert ask("PING") == b"+PONG\r\n"

    run(lab, scene)


def test_a_cache_given_back_to_a_dead_region_comes_with_the_region(lab):
    async def scene():
        await lab.set("off")
        lab.processes.strike_group(REGION)
        await lab.set("on")
        assert not lab.processes.alive(cache.name(REGION))
        lab.processes.open_group(REGION)
        await lab.caches.start(REGION)
        await lab.caches._answers(REGION)

    run(lab, scene)


def test_a_cache_that_does_not_come_back_is_told_and_may_be_tried_again(lab, monkeypatch):
    monkeypatch.setattr(cache, "START_S", 0.5)
    real = cache.argv

    async def scene():
        await lab.set("off")
        monkeypatch.setattr(cache, "argv", lambda *_: ["sleep", "100"])
        with pytest.raises(PartError, match="cache-eu-west-1 does not answer"):
            await lab.set("on")
        assert lab.caches.states()[REGION] == "off"
        monkeypatch.setattr(cache, "argv", real)
        monkeypatch.setattr(cache, "START_S", 5.0)
        await lab.set("on")
        assert ask("PING") == b"+PONG\r\n"

    run(lab, scene)


def test_nonsense_is_refused(lab):
    with pytest.raises(UsageError, match="power is on or off"):
        asyncio.run(lab.set("hung"))
