"""Telling the runner how things stand, without ever waiting for it to listen."""

import json
import os
from typing import Any


class Voice:
    """JSON lines on a descriptor. A reader that doesn't read loses lines; one that died is ignored."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        os.set_blocking(fd, False)

    def say(self, message: dict[str, Any]) -> None:
        """Write one line, or drop it where the pipe is full. Half a line is finished first."""
        try:
            self._rest = self._rest[os.write(self._fd, self._rest) :] if self._rest else b""
            if not self._rest:
                line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
                self._rest = line[os.write(self._fd, line) :]
        except BlockingIOError:
            return
        except OSError:
            self._rest = b""
