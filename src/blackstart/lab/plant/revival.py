"""How the parts of a region that comes back are started: each for itself, a few times, and whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from blackstart.lab.processes import PartError, Processes

Start = Callable[[], Awaitable[None]]
_TRIES = 3
_PAUSE_S = 0.5
"""How much longer is waited before each further try."""


async def restore(processes: Processes, starts: Mapping[str, Start]) -> None:
    """Start those of the parts, by the names of their processes, that are not there.

    Whatever becomes of one, the others come up. Raises ``PartError`` naming all that failed.
    """
    tries = (_restored(processes, name, start) for name, start in starts.items())
    failures = [failure for failure in await asyncio.gather(*tries) if failure is not None]
    if failures:
        raise PartError("; ".join(failures))


async def _restored(processes: Processes, name: str, start: Start) -> str | None:
    """Return what the part failed with, if it does not come up."""
    failure = None
    for attempt in range(_TRIES):
        if processes.alive(name):
            return None
        await asyncio.sleep(attempt * _PAUSE_S)
        try:
            await _whole_or_gone(processes, name, start)
        except Exception as error:  # noqa: BLE001 (whatever it is: the other parts come up, and it is told)
            failure = f"{name}: {type(error).__name__}: {error}"
        else:
            return None
    return failure


async def _whole_or_gone(processes: Processes, name: str, start: Start) -> None:
    """Leave no part behind that is half up: who comes next could not tell it from a whole one."""
    try:
        await start()
    except BaseException:
        await processes.kill(name)
        raise
