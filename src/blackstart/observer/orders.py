"""What the runner tells its observer: to stop, or, by dying, nothing any more."""

import os
from collections.abc import Callable
from threading import Thread


def listen(fd: int, on_stop: Callable[[], None], on_orphaned: Callable[[], None]) -> None:
    """Read the descriptor in a thread: a line ``stop`` calls ``on_stop``, its end ``on_orphaned``."""
    Thread(target=_read, args=(fd, on_stop, on_orphaned), name="orders", daemon=True).start()


def _read(fd: int, on_stop: Callable[[], None], on_orphaned: Callable[[], None]) -> None:
    pending = b""
    while data := _some(fd):
        *lines, pending = (pending + data).split(b"\n")
        if b"stop" in lines:
            on_stop()
            return
    on_orphaned()


def _some(fd: int) -> bytes:
    try:
        return os.read(fd, 4096)
    except OSError:
        return b""
