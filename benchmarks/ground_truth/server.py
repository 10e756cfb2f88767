"""The process: serves, breaks by its script, and writes down when it truly did."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TextIO

from benchmarks.ground_truth import truth
from benchmarks.ground_truth.door import Door
from benchmarks.ground_truth.script import Planned
from benchmarks.ground_truth.service import Connection, Service

Switched = tuple[int, int]


class GroundTruth:
    """A service behind a door, and what becomes of both in each mode."""

    def __init__(
        self,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._now_s, self._sleep = now_s, sleep
        self.service = Service()
        self.door = Door(lambda: Connection(self.service))

    async def begin(self, mode: str) -> Switched:
        """Break; return the interval of the switch."""
        if mode == "refused":
            return await self.door.shut()
        if mode == "syn-drop":
            return await self.door.set_trap()
        return self._set(mode)

    async def end(self, mode: str) -> Switched:
        """Mend; return the interval of the switch."""
        if mode in ("refused", "syn-drop"):
            return await self.door.open()
        ended_ns, _ = self._set(None)
        self.service.resume()
        return ended_ns, time.monotonic_ns()  # who was held is answered one after the other, and the others wait

    def _set(self, mode: str | None) -> Switched:
        before_ns = time.monotonic_ns()
        self.service.mode = mode
        return before_ns, time.monotonic_ns()

    async def _when(self, due_s: float, switch: Callable[[str], Awaitable[Switched]], mode: str) -> Switched:
        await self._sleep(max(0.0, due_s - self._now_s()))
        return await switch(mode)

    async def play(self, script: Sequence[Planned], file: TextIO) -> None:
        """Go through the script, one outage after the other, by the clock: what a switch took delays no other."""
        due_s = self._now_s()
        for planned in script:
            began = await self._when(due_s := due_s + planned.calm_s, self.begin, planned.mode)
            ended = await self._when(due_s := due_s + planned.lasts_s, self.end, planned.mode)
            truth.append(file, truth.TrueOutage(planned.mode, began, ended))


async def serve(script: Sequence[Planned], out: Path, longest_s: float) -> None:
    """Serve until standard input ends, for ``longest_s`` at most; the line "go" there starts the script."""
    server = GroundTruth()
    await server.door.open()
    say({"port": server.door.port})
    lines = await _standard_input()
    with out.open("w", encoding="utf-8") as file:
        try:
            async with asyncio.timeout(longest_s):
                await _obey(lines, server, script, file)
        except TimeoutError:
            say({"event": "time is over"})


async def _obey(lines: asyncio.StreamReader, server: GroundTruth, script: Sequence[Planned], file: TextIO) -> None:
    playing: asyncio.Task[None] | None = None
    # Whoever started this holds the other end: it ends with its parent, however that dies.
    while line := await lines.readline():
        if line.strip() == b"go" and playing is None:
            playing = asyncio.create_task(server.play(script, file))
            playing.add_done_callback(_ended)
    if playing is not None:
        playing.cancel()


def _ended(playing: asyncio.Task[None]) -> None:
    if not playing.cancelled():
        error = playing.exception()
        say({"event": "played"} if error is None else {"event": "failed", "detail": repr(error)})


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def say(data: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(data) + "\n")
    sys.stdout.flush()
