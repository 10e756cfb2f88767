"""The supervisor of one lab: ``python -m blackstart.lab.plant.supervisor STATE LISTENING_FD MARKER_FD``.

It tells whoever started it, as JSON lines on stdout, each ``{"part": …}`` that came up, then ``{"ready": true}`` or
``{"failed": "one line"}``. It ends on SIGTERM, SIGINT or ``POST /down``, and, until it is ready, when its starter goes
away. Whatever way it ends, the janitor that it started first clears up.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from blackstart.clock import SystemClock
from blackstart.lab import record as records
from blackstart.lab.descent import Identity, descendants
from blackstart.lab.plant import sharedmemory
from blackstart.lab.plant.guard import Guard
from blackstart.lab.processes import PartError, Processes
from blackstart.lab.record import Record

if TYPE_CHECKING:
    from blackstart.lab.plant.parts import Parts
    from blackstart.lab.plant.plant import Plant

START_TIMEOUT_S = 60.0
"""Beyond what the specification itself makes slow."""
REAPING_S = 1.0


def main() -> None:
    """Run until told to end."""
    state, listener = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    listener.setblocking(False)
    # The block's marker is only held: it ends with us, and with us alone.
    os.set_inheritable(int(sys.argv[3]), False)
    record = records.read(state)
    assert record is not None, f"{state} holds no lab"
    uvloop.run(Supervisor(state, record, listener).run())


class Supervisor:
    """One lab's life: janitor first, then the parts, then waiting, then the end of all parts."""

    def __init__(self, state: Path, record: Record, listener: socket.socket) -> None:
        self._state, self._listener = state, listener
        self._end = asyncio.Event()
        self._plant: Plant | None = None
        self._parts: Parts | None = None
        self._began = time.monotonic()
        self._guard = Guard(state)
        supervisor = Identity.of(os.getpid())
        assert supervisor is not None
        self._record = records.supervised(record, supervisor, self._guard.janitor)
        records.write(state, self._record)
        self._processes = Processes(state)
        self._processes.adopt_orphans()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._end_by, number.name)
        _watch_starter(partial(self._end_by, "its starter went away"))
        # Everything that is in the kernel's hands goes at once; what is in files and shared memory is the janitor's.
        try:
            await self._live()
        finally:
            await self._end_all()

    def _end_by(self, cause: str) -> None:
        if self._end.is_set():
            return
        self._end.set()
        with suppress(OSError):  # a full disk keeps no lab up
            os.write(2, f"{time.monotonic() - self._began:.3f} s: ends: {cause}\n".encode())

    async def _end_all(self) -> None:
        self._processes.suspend_all()
        files = sharedmemory.mapped(descendants(os.getpid()))
        await self._processes.kill_all()
        for file in files:
            file.unlink(missing_ok=True)

    async def _live(self) -> None:
        starting = asyncio.create_task(self._start())
        ending = asyncio.create_task(self._end.wait())
        await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            return
        try:
            starting.result()
        except Exception as error:
            _say({"failed": _in_one_line(error, self._processes)})
            raise
        _say({"ready": True})
        _let_go_of_starter()
        await self._begin_automation()
        while not ending.done():
            await asyncio.wait({ending}, timeout=REAPING_S)
            self._processes.reap_orphans()
            self._keep_janitor()

    async def _begin_automation(self) -> None:
        """Start the part that a lab is whole without: a failure is told, and ends nothing."""
        assert self._parts is not None
        try:
            await self._parts.start_automation()
        except PartError as error:
            sys.stderr.write(f"{error}\n")

    def _keep_janitor(self) -> None:
        if self._guard.renewed() and self._plant is not None:
            sys.stderr.write(f"the janitor was gone: {self._guard.janitor.pid} is in its place\n")
            self._plant.record = self._record = replace(self._record, janitor=self._guard.janitor)
            records.write(self._state, self._record)

    async def _start(self) -> None:
        # The parts' own code is imported only now: the janitor watches, and the starter knows who we are.
        from blackstart.lab.plant.parts import Parts  # noqa: PLC0415
        from blackstart.lab.plant.power import Power  # noqa: PLC0415

        record, clock = self._record, SystemClock()
        parts = Parts(self._state, record, self._processes, clock, self._report)
        power = Power(record.layout.regions, self._processes, parts.links, parts, self._state, clock)
        patience = START_TIMEOUT_S + 2 * record.specification.pod_start_s
        try:
            async with asyncio.timeout(patience):
                await parts.launch()
                from blackstart.lab.plant.plant import Plant  # noqa: PLC0415
                from blackstart.lab.plant.plant_api import PlantApi  # noqa: PLC0415

                plant = Plant(record, parts, power, partial(self._end_by, "POST /down"))
                await PlantApi(plant, record.token).start(self._listener)
                await parts.whole()
        except TimeoutError as error:
            said = parts.first_order.answer
            raise PartError(f"no order was accepted within {patience:.0f} s; the last answer was: {said}") from error
        self._plant = plant
        self._parts, parts.automation.tell = parts, plant.note
        plant.record = self._record = replace(record, since=clock.wall().isoformat(timespec="seconds"))
        records.write(self._state, self._record)

    def _report(self, part: str) -> None:
        sys.stderr.write(f"{time.monotonic() - self._began:.3f} s ({time.process_time():.3f} cpu): {part}\n")
        _say({"part": part})


def _watch_starter(end: Callable[[], None]) -> None:
    """Our stdin is a pipe that the starter holds: before we are ready, its end is ours."""
    asyncio.get_running_loop().add_reader(0, end)


def _let_go_of_starter() -> None:
    asyncio.get_running_loop().remove_reader(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    os.close(nothing)


def _say(message: dict[str, object]) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def _in_one_line(error: BaseException, processes: Processes) -> str:
    """Return the first cause, with the last words of a part that has ended."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    said = " ".join(str(error).split()) or type(error).__name__
    ended = [child.name for child in processes.children if processes.exited(child.name) not in (None, 0)]
    words = "".join(f"; {name}'s last words: {last_words(processes.log(name))}" for name in ended)
    return said + words


def last_words(log: Path, lines: int = 2) -> str:
    """Return the last lines of a log, in one."""
    try:
        told = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        told = []
    return " | ".join(told[-lines:]) or "its log is empty"


if __name__ == "__main__":
    main()
