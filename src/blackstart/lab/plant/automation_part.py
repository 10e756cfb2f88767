"""The standby's automation as the plant starts it: its process, the orders to it, and what it tells of itself."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from blackstart.lab.automation.configuration import Configuration
from blackstart.lab.layout import Layout
from blackstart.lab.processes import PIPE, PartError, Processes
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError

NAME = "automation"


class Automation:
    """Canary and failover controller. ``tell`` takes what they say, with its instant."""

    def __init__(self, layout: Layout, specification: Specification, processes: Processes, state: Path) -> None:
        self._layout, self._specification, self._processes = layout, specification, processes
        self._folder = state / "automation"
        self._delay_s = specification.controller_delay_s
        self._said: dict[str, Any] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self.tell: Callable[[dict[str, Any]], None] = lambda _: None

    @property
    def name(self) -> str:
        """The part's name, with its region."""
        return f"{NAME}-{self._layout.regions[1]}"

    def configure(self, resources: dict[str, Any]) -> None:
        """Write its configuration, once the AWS API has named the resources."""
        self._folder.mkdir(exist_ok=True)
        known = Configuration(
            self._layout, self._specification, self._folder, resources["zone_id"], resources["listener_arn"]
        )
        (self._folder / "config.json").write_text(json.dumps(known.as_json()))

    async def start(self, region: str) -> None:
        """Start the process in its region; it comes up by itself. Raises ``PartError``."""
        argv = [sys.executable, "-m", "blackstart.lab.automation", str(self._folder / "config.json")]
        self._said = {}
        self._process = await self._processes.start(self.name, argv, group=region, stdin=PIPE, stdout=PIPE)
        assert self._process.stdout is not None
        self._listening = asyncio.create_task(self._listen(self._process.stdout))
        await self.set_delay(self._delay_s)

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        """Start the failover controller with an event. Raises ``UsageError``, ``PartError``: nobody is there."""
        if function != self._layout.failover_function:
            raise UsageError(f"function {function!r} is not in this lab; it has {self._layout.failover_function}")
        await self._order({"event": event})

    async def set_delay(self, delay_s: float) -> None:
        """Let the controller sleep for so long before it acts; one that sleeps now is concerned too."""
        if not delay_s >= 0:
            raise UsageError(f"automation: delay_s is {delay_s}; give seconds from 0")
        self._delay_s = delay_s
        await self._order({"delay_s": delay_s})

    def describe(self) -> dict[str, Any]:
        """Return what the controller said last, and its delay."""
        return {"state": self._said.get("state"), "doing": self._said.get("doing"), "delay_s": self._delay_s}

    async def _order(self, order: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None or not self._processes.alive(self.name):
            raise PartError(f"{self.name} does not run: see {self.name}.log in the lab's logs")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        with suppress(ConnectionError):
            await self._process.stdin.drain()

    async def _listen(self, stdout: asyncio.StreamReader) -> None:
        while line := await stdout.readline():
            said = json.loads(line)
            self._said = said
            self.tell(said)
