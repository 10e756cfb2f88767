"""Logs of containers: plain files that the processes write themselves.

The node does not stand between a process and its log, so the time of a line is known from how long the file was
when the node last looked: to ``MARK_S``.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

MARK_S = 1.0
"""How often the node notes how long each log is."""

FOLLOW_S = 0.1
MARKS = 3600
"""Marks kept a log: an hour of writing; older lines get the oldest mark's time."""


@dataclass
class Log:
    """The log of one start of one container."""

    path: Path
    ended: bool = False
    _marks: list[tuple[int, datetime]] = field(default_factory=list)

    def mark(self, now: datetime) -> None:
        """Note that everything in the file so far was written by now."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size > (self._marks[-1][0] if self._marks else 0):
            self._marks.append((size, now))
            del self._marks[:-MARKS]

    def written_at(self, offset: int, now: datetime) -> datetime:
        """Return when the byte at ``offset`` was written, at the latest."""
        at = bisect_right(self._marks, offset, key=lambda mark: mark[0])
        return self._marks[at][1] if at < len(self._marks) else now


@dataclass(frozen=True)
class Wanted:
    """What a reader of a log asked for."""

    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: datetime | None = None
    limit_bytes: int | None = None


async def read(log: Log, wanted: Wanted, now: Callable[[], datetime]) -> AsyncGenerator[bytes]:
    """Yield the log as asked; with ``follow`` until its container has ended."""
    text = _content(log, 0)
    selected = b"".join(_select(log, text, wanted, now()))
    yield selected if wanted.limit_bytes is None else selected[: wanted.limit_bytes]
    offset = len(text)
    while wanted.follow:
        ended = log.ended
        more = _content(log, offset)
        if more:
            yield b"".join(_stamped(log, more, offset, wanted, now()))
            offset += len(more)
        elif ended:
            return
        else:
            await asyncio.sleep(FOLLOW_S)


def _content(log: Log, offset: int) -> bytes:
    if not log.path.exists():
        return b""
    with log.path.open("rb") as file:
        file.seek(offset)
        return file.read()


def _select(log: Log, text: bytes, wanted: Wanted, now: datetime) -> list[bytes]:
    lines, at = [], 0
    for line in text.splitlines(keepends=True):
        if wanted.since is None or log.written_at(at, now) >= wanted.since:
            lines.append((line, at))
        at += len(line)
    if wanted.tail is not None:
        lines = lines[max(0, len(lines) - wanted.tail) :]
    return [_stamp(log, line, at, wanted, now) for line, at in lines]


def _stamped(log: Log, text: bytes, offset: int, wanted: Wanted, now: datetime) -> list[bytes]:
    stamped = []
    for line in text.splitlines(keepends=True):
        stamped.append(_stamp(log, line, offset, wanted, now))
        offset += len(line)
    return stamped


def _stamp(log: Log, line: bytes, at: int, wanted: Wanted, now: datetime) -> bytes:
    if not wanted.timestamps:
        return line
    return log.written_at(at, now).strftime("%Y-%m-%dT%H:%M:%S.%fZ ").encode() + line
