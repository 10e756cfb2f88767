"""The children of a lab: started with a log and a death signal, killed with everything that they started."""

import asyncio
import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from blackstart.lab import parenthood
from blackstart.lab.descent import MARK, Identity, descendants
from blackstart.outcome import BlackstartError

PIPE = subprocess.PIPE
_POLL_S = 0.002
GONE_S = 10.0
"""How long the dead are waited for: the kernel takes milliseconds, unless one hangs in a system call."""


class PartError(BlackstartError):
    """A part of the lab failed: the message names it and its log."""


@dataclass
class Child:
    """One started part."""

    name: str
    group: str
    identity: Identity
    process: asyncio.subprocess.Process


class Processes:
    """Starts and ends the parts of one lab. ``group`` is a region, or ``global``."""

    def __init__(self, state: Path, environment: dict[str, str] | None = None) -> None:
        self.state = state
        self.logs = state / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self._pids = state / "pids"
        self._environment = dict(os.environ if environment is None else environment) | {MARK: str(state)}
        self._children: dict[str, Child] = {}
        self._closed: set[str] = set()
        """Groups in which nothing may start: off or hung."""
        self._spawning = 0
        self._adopts = False

    @property
    def children(self) -> list[Child]:
        """Every part that was started under its latest incarnation, dead or alive, in order of start."""
        return list(self._children.values())

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    async def start(
        self,
        name: str,
        argv: list[str],
        *,
        group: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | int | None = None,
        stdout: int | None = None,
    ) -> asyncio.subprocess.Process:
        """Start a part in a session of its own. ``env`` is added to the lab's; output goes to the part's log.

        ``stdin``: bytes to feed, ``PIPE``, or None for nothing. ``stdout``: ``PIPE``, or None for the log.
        The part dies with this process (Linux). Raises ``PartError`` when it cannot be started, is there already,
        or belongs to a group that is off or hung.
        """
        self._check_open(name, group)
        if self.alive(name):
            raise PartError(f"{name} is already running in this lab")
        self._spawning += 1
        try:
            with self.log(name).open("ab") as log:
                process = await self._spawn(name, argv, log, env, cwd, stdin, stdout)
            self._record(name, group, process)
        finally:
            self._spawning -= 1
        try:
            # A blow that fell while it was being started has missed it.
            self._check_open(name, group)
            if isinstance(stdin, bytes):
                await _feed(process, stdin)
        except BaseException:
            await self.kill(name)
            raise
        return process

    def _check_open(self, name: str, group: str) -> None:
        if group in self._closed:
            raise PartError(f"{name} cannot be started: {group} is off or hangs")

    async def _spawn(
        self,
        name: str,
        argv: list[str],
        log: IO[bytes],
        env: dict[str, str] | None,
        cwd: Path | None,
        stdin: bytes | int | None,
        stdout: int | None,
    ) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *argv,
                stdin=PIPE if isinstance(stdin, bytes) else subprocess.DEVNULL if stdin is None else stdin,
                stdout=log if stdout is None else stdout,
                stderr=log,
                env=self._environment | (env or {}),
                cwd=cwd or self.state,
                start_new_session=True,
                preexec_fn=parenthood.dying_with(os.getpid()),
            )
        except OSError as error:
            raise PartError(f"{name} cannot be started: {error}") from error

    def _record(self, name: str, group: str, process: asyncio.subprocess.Process) -> None:
        # A child that has already ended has no start time any more; nobody will need to find it.
        identity = Identity.of(process.pid) or Identity(process.pid, "")
        self._children.pop(name, None)
        self._children[name] = Child(name, group, identity, process)
        with self._pids.open("a") as file:
            file.write(f"{identity.pid} {name} {identity.started}\n")

    def alive(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.process.returncode is None and child.identity.lives()

    def exited(self, name: str) -> int | None:
        """Return the part's exit code (negative: the signal), or None while it runs or when it is unknown."""
        child = self._children.get(name)
        return None if child is None else child.process.returncode

    def pid(self, name: str) -> int:
        """Return the pid of a part that was started."""
        return self._children[name].process.pid

    def is_open(self, group: str) -> bool:
        """Return whether parts of the group may start: it is neither off nor hung."""
        return group not in self._closed

    async def kill(self, name: str) -> None:
        """SIGKILL the part and everything that it started; return when all are gone."""
        await self._kill([self._children[name]] if name in self._children else [])

    async def kill_group(self, group: str) -> None:
        """SIGKILL every part of the group at one moment; return when all are gone."""
        await self._kill(self._of_group(group))

    def strike_group(self, group: str) -> list[Identity]:
        """Send SIGKILL to every part of the group and return at once, with who was hit.

        Nothing starts in the group from now on, until :meth:`open_group`.
        """
        self._closed.add(group)
        return _strike(self._of_group(group))

    def open_group(self, group: str) -> None:
        """Let parts of the group start again."""
        self._closed.discard(group)

    async def kill_all(self) -> None:
        await self._kill(self.children)

    async def _kill(self, children: list[Child]) -> None:
        await self.gone(_strike(children))

    async def gone(self, hit: list[Identity]) -> None:
        """Return when all of them are gone, the parts among them reaped. Raises ``PartError`` if some do not go."""
        pids = {identity.pid for identity in hit}
        try:
            async with asyncio.timeout(GONE_S):
                await asyncio.gather(*(c.process.wait() for c in self._children.values() if c.process.pid in pids))
                while self._remaining(hit):  # noqa: ASYNC110 (no event tells of a grandchild's end)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            left = ", ".join(str(identity.pid) for identity in self._remaining(hit))
            raise PartError(f"killed {GONE_S:.0f} s ago and still there: process {left}") from error

    def _remaining(self, hit: list[Identity]) -> list[Identity]:
        self.reap_orphans()
        # Where orphans are not ours to reap, a dead one is gone enough.
        return [identity for identity in hit if (identity.remains() if self._adopts else identity.lives())]

    def adopt_orphans(self) -> None:
        """Make this process the parent of its children's orphans (Linux), so that it can see them off."""
        self._adopts = parenthood.adopt_orphans()

    def reap_orphans(self) -> None:
        """See off the dead whose own parent died before them. Our children are asyncio's to reap."""
        # While one is being started, we cannot tell it from an orphan.
        if self._adopts and not self._spawning:
            parenthood.reap_orphans({child.process.pid for child in self._children.values()})

    def suspend_group(self, group: str) -> None:
        """SIGSTOP every part of the group and everything that they started. Nothing starts in it meanwhile."""
        self._closed.add(group)
        for pid in _trees(self._of_group(group)):
            _signal(pid, signal.SIGSTOP)

    def suspend_all(self) -> None:
        """SIGSTOP everything, so that nothing starts or opens anything any more."""
        for pid in _trees(self.children):
            _signal(pid, signal.SIGSTOP)

    def resume_group(self, group: str) -> None:
        """SIGCONT, the inverse of :meth:`suspend_group`."""
        for pid in reversed(_trees(self._of_group(group))):
            _signal(pid, signal.SIGCONT)
        self.open_group(group)

    def _of_group(self, group: str) -> list[Child]:
        return [child for child in self._children.values() if child.group == group]

    async def stop(self, name: str, number: int = signal.SIGTERM, timeout: float = 5.0) -> None:  # noqa: ASYNC109 (the caller's patience before SIGKILL, not a cancellation)
        """Ask the part to end by that signal; after ``timeout`` seconds kill it."""
        if self.alive(name):
            _signal(self.pid(name), number)
            try:
                async with asyncio.timeout(timeout):
                    await self._children[name].process.wait()
            except TimeoutError:
                await self.kill(name)


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(data)
    await process.stdin.drain()
    process.stdin.close()


def _trees(children: list[Child]) -> list[int]:
    return descendants(*(c.process.pid for c in children if c.process.returncode is None and c.identity.lives()))


def _strike(children: list[Child]) -> list[Identity]:
    """Kill whole trees. The roots are stopped first, so that none can start another child in between."""
    for child in children:
        if child.process.returncode is None and child.identity.lives():
            _signal(child.process.pid, signal.SIGSTOP)
    pids = _trees(children)
    hit = [identity for pid in pids if (identity := Identity.of(pid)) is not None]
    for identity in hit:
        _signal(identity.pid, signal.SIGKILL)
    return hit


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
