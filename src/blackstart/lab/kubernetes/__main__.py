"""``python -m blackstart.lab.kubernetes CONFIG.json``: run one region's twin until SIGTERM or SIGINT.

Prints ``ready`` once the API listens.
"""

import asyncio
import gc
import signal
import sys
from pathlib import Path

import uvloop

from blackstart.clock import SystemClock
from blackstart.lab.kubernetes.configuration import Configuration
from blackstart.lab.kubernetes.region import Region
from blackstart.outcome import BlackstartError, UsageError


async def _serve(configuration: Configuration) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    region = asyncio.create_task(Region(configuration, SystemClock()).run(stop, ready))
    announcing = asyncio.create_task(ready.wait())
    await asyncio.wait([region, announcing], return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        gc.freeze()  # What start-up made stays: later collections need not look at it.
    announcing.cancel()
    await region


def main(arguments: list[str]) -> int:
    """Run the twin; return the exit code."""
    try:
        if len(arguments) != 1:
            raise UsageError("usage: python -m blackstart.lab.kubernetes CONFIG.json")
        uvloop.run(_serve(Configuration.load(Path(arguments[0]))))
    except BlackstartError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
