"""What the automation tells the lab, as JSON lines on stdout: each with the instant at which it was so."""

import json
import sys
import threading

from blackstart.clock import Clock


class Voice:
    """Tells from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()

    def say(self, what: str, **details: object) -> None:
        line = json.dumps({"t": self._clock.now_ns(), "what": what} | details)
        with self._turn:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
