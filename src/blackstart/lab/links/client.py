"""The owner's side of the links: starts their process, tells it what each path does, remembers it."""

import asyncio
import itertools
import json
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path as File
from typing import Any, Protocol, Unpack

from blackstart.lab.layout import Layout
from blackstart.lab.links.condition import Changes, Condition, State
from blackstart.lab.links.paths import all_paths, replication_paths
from blackstart.outcome import BlackstartError, UsageError

_START_TIMEOUT_S = 20
_ANSWER_TIMEOUT_S = 5


class LinksError(BlackstartError):
    """The links' process is gone or does not answer."""


class Starter(Protocol):
    """What starts a part of the lab."""

    async def start(self, name: str, argv: list[str], *, group: str) -> object:
        """Start a part in a session of its own."""


class Links:
    """All paths of one lab.

    A path has a condition of its own, and a region may be cut off on top of it: opening the region brings back what
    each path had. :meth:`snapshot` tells what is in force.
    """

    def __init__(self, processes: Starter, layout: Layout, state: File) -> None:
        self._processes = processes
        self._layout = layout
        self._folder = state / "links"
        self._paths = {path.name: path for path in all_paths(layout)}
        self._own = dict.fromkeys(self._paths, Condition())
        self._cut: dict[str, State] = {}
        self._unshaped: Counter[str] = Counter()
        self._channel: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        self._ids = itertools.count(1)

    async def start(self) -> None:
        """Start the process; on return every path listens. Raises ``LinksError`` when it does not come up."""
        arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.get_running_loop().create_future()
        )
        token = secrets.token_hex(16)

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = await reader.readline()
            if line and secrets.compare_digest(json.loads(line)["token"], token) and not arrived.done():
                arrived.set_result((reader, writer))
            else:
                writer.close()

        self._server = await asyncio.start_server(greet, self._layout.plant, 0)
        config = self._write_config(self._server.sockets[0].getsockname()[:2], token)
        await self._processes.start(
            "links", [sys.executable, "-m", "blackstart.lab.links", str(config)], group="global"
        )
        try:
            self._channel = await asyncio.wait_for(arrived, _START_TIMEOUT_S)
        except TimeoutError as error:
            raise LinksError("the links did not start: see links.log in the lab's logs") from error
        await self._tell(self._paths)  # what has changed since the configuration was written

    def _write_config(self, control: tuple[str, int], token: str) -> File:
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "config.json"
        config.touch(mode=0o600)
        content = {
            "control": control,
            "token": token,
            "paths": [asdict(path) for path in self._paths.values()],
            "conditions": {name: self._in_force(name).as_json() for name in self._paths},
        }
        config.write_text(json.dumps(content))
        return config

    async def set(self, name: str, **changes: Unpack[Changes]) -> None:
        """Change a path's own condition: ``state``, ``delay_ms``, ``rate_kbps``; what is not named stays.

        Returns when it holds. Raises ``UsageError`` for an unknown path or a wrong value.
        """
        await self._set([name], changes)

    async def set_replication(self, **changes: Unpack[Changes]) -> None:
        """Change the condition of the paths that replication takes, both directions at once."""
        await self._set(replication_paths(self._layout), changes)

    async def cut_region(self, region: str, state: State = "black-hole") -> None:
        """Cut every path that touches the region. On return nothing that was under way can arrive any more."""
        self._cut[region] = state
        await self._tell(self._touching(region))

    async def open_region(self, region: str) -> None:
        """Take the cut back: each path has its own condition again, and old connections are reset."""
        self._cut.pop(region, None)
        await self._tell(self._touching(region))

    @asynccontextmanager
    async def unshaped(self, name: str) -> AsyncIterator[None]:
        """Lift a path's delay and pace for a while; its state and all that :meth:`snapshot` tells stay.

        For connecting and for copying whole databases, which take many round trips: the knobs are about the stream of
        changes.
        """
        self._unshaped[name] += 1
        try:
            await self._tell([name])
            yield
        finally:
            self._unshaped[name] -= 1
            await self._tell([name])

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return what is in force: path → ``state``, ``delay_ms``, ``rate_kbps``."""
        return {name: self._effective(name).as_json() for name in sorted(self._paths)}

    async def _set(self, names: list[str], changes: Changes) -> None:
        for name in names:
            if name not in self._own:
                raise UsageError(f"link {name!r} does not exist; known are {', '.join(sorted(self._own))}")
            self._own[name] = replace(self._own[name], **changes)
        await self._tell(names)

    def _touching(self, region: str) -> list[str]:
        if region not in self._layout.regions:
            raise UsageError(f"region {region!r} is not in this lab; it has {', '.join(self._layout.regions)}")
        return [path.name for path in self._paths.values() if region in path.ends]

    def _effective(self, name: str) -> Condition:
        """Return the path's own condition under the cuts of its ends; silence beats refusal."""
        cuts = {self._cut[end] for end in self._paths[name].ends if end in self._cut}
        own = self._own[name]
        if "black-hole" in cuts:
            return replace(own, state="black-hole")
        return replace(own, state="refuse") if "refuse" in cuts and own.state == "open" else own

    def _in_force(self, name: str) -> Condition:
        condition = self._effective(name)
        return replace(condition, delay_ms=0, rate_kbps=None) if self._unshaped[name] else condition

    async def _tell(self, names: Iterable[str]) -> None:
        if self._channel is None:
            return  # not started yet: the process reads its conditions from the configuration
        reader, writer = self._channel
        async with self._turn:
            # Made only now, so that the last order of several is what is in force.
            number = next(self._ids)
            order = {"id": number, "set": {name: self._in_force(name).as_json() for name in names}}
            try:
                writer.write(json.dumps(order).encode() + b"\n")
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    answer = await _answer_to(number, reader)
            except (TimeoutError, ConnectionError) as error:
                raise LinksError("the links do not answer: see links.log in the lab's logs") from error
        if problem := answer.get("error"):
            raise LinksError(f"a link could not be changed: {problem}")


async def _answer_to(order: int, reader: asyncio.StreamReader) -> dict[str, Any]:
    """Return the answer to that order. Those before it are to orders whose giver did not wait for them."""
    while line := await reader.readline():
        answer: dict[str, Any] = json.loads(line)
        if answer["id"] == order:
            return answer
    raise LinksError("the links' process has ended: see links.log in the lab's logs")
