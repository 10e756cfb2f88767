"""``python -m blackstart.lab.shop``: one pod, from its environment, until SIGTERM."""

import asyncio
import importlib
import os
import signal
import sys

import uvloop

from blackstart.lab.shop.http import Server
from blackstart.lab.shop.settings import Settings
from blackstart.lab.shop.shop import Shop
from blackstart.outcome import UsageError

_LAST_CALL_S = 0.3
"""After SIGTERM the pod still takes requests for so long: load balancers hear of its end at the same time."""
_BACKLOG = 512
_LATE = ("psycopg", "dns.message", "encodings.idna")


async def _serve(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGINT, ended.set)
    shop = Shop(settings)
    server = Server(shop.answer)
    listener = await loop.create_server(server.protocol, settings.ip, settings.port, backlog=_BACKLOG)
    for module in _LATE:
        importlib.import_module(module)
    await ended.wait()
    shop.leaving = True
    await asyncio.sleep(_LAST_CALL_S)
    listener.close()
    await server.drain()


def main() -> int:
    """Run the pod; return its exit code."""
    try:
        settings = Settings.from_environment(os.environ)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
