"""``python -m blackstart.lab.automation CONFIG.json``: the canary and the failover controller, until stdin ends.

Orders come as JSON lines on stdin: ``{"event": …}`` starts the controller, ``{"delay_s": …}`` sets how long it sleeps.
"""

import json
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from blackstart.clock import SystemClock
from blackstart.lab.automation.canary import Canary
from blackstart.lab.automation.clients import Clients
from blackstart.lab.automation.configuration import Configuration
from blackstart.lab.automation.controller import Controller
from blackstart.lab.automation.voice import Voice
from blackstart.outcome import BlackstartError, UsageError


def main(arguments: list[str]) -> int:
    """Run; return the exit code."""
    try:
        if len(arguments) != 1:
            raise UsageError("usage: python -m blackstart.lab.automation CONFIG.json")
        configuration = Configuration.load(Path(arguments[0]))
    except BlackstartError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    clock = SystemClock()
    clients, voice = Clients(configuration.layout.api_url), Voice(clock)
    Canary(configuration, clients, clock).begin()
    controller = Controller(configuration, clients, voice, clock)
    controller.warm()
    _obey(controller)
    return 0


def _obey(controller: Controller) -> None:
    """Take orders at once, also while a failover runs; events are handled one after the other."""
    events: queue.Queue[dict[str, Any]] = queue.Queue()

    def handle() -> None:
        while True:
            controller.handle(events.get())

    threading.Thread(target=handle, name="controller", daemon=True).start()
    for line in sys.stdin:
        order = json.loads(line)
        controller.delay_s = float(order.get("delay_s", controller.delay_s))
        if "event" in order:
            events.put(order["event"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
