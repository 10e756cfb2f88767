"""What works in the background as long as the lab: it goes on after a failure, which is told in the log."""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable

PAUSE_S = 0.5
"""After a failure, so that one that lasts takes no processor from the others."""


async def going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work until cancelled, again and again should it fail. It must be able to begin anew."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 (whatever it stumbled over, the lab needs it to go on)
            told = "".join(traceback.format_exception(error))
            sys.stderr.write(f"{name} failed and goes on in {PAUSE_S} s: {told}")
        else:
            sys.stderr.write(f"{name} ended and goes on in {PAUSE_S} s\n")
        await asyncio.sleep(PAUSE_S)
