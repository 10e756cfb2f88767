"""Appending records so that a kill -9 loses at most the last few milliseconds."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Any

LEDGER_FLUSH_S = 0.01
CANARY_FLUSH_S = 0.1


class RecordFile:
    """An append-only file, written by its own thread so that a slow disk never stalls who records.

    What is appended reaches the file within ``flush_s`` (with ``sync``: the disk). ``append`` returns a
    position; ``wait_synced`` blocks until the file holds everything up to one. The first failed write ends
    the file: ``error`` says why, ``on_error`` is called once from the thread, later appends are dropped.
    """

    def __init__(
        self, path: Path, *, flush_s: float, sync: bool, on_error: Callable[[OSError], None] | None = None
    ) -> None:
        self.path = path
        self.error: OSError | None = None
        self._flush_s = flush_s
        self._sync = sync
        self._on_error = on_error
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._buffer = bytearray()
        self._appended = 0
        self.written = 0
        self._closing = False
        self._lock = Lock()
        self._turn = Condition(self._lock)
        self._thread = Thread(target=self._run, name=path.name, daemon=True)
        self._thread.start()

    def append(self, record: bytes) -> int:
        """Take a record in; return the position behind it."""
        with self._lock:  # the condition's own, without its wrapper: this is called for every record
            if not self._buffer:
                self._turn.notify()
            self._buffer += record
            self._appended += len(record)
            return self._appended

    def wait_synced(self, position: int, timeout_s: float) -> bool:
        """Wait until the file holds everything up to the position; False if it does not come to that."""
        with self._turn:
            self._turn.wait_for(lambda: self.written >= position or self.error is not None, timeout_s)
            return self.written >= position

    def close(self) -> None:
        """Write what is left, sync and close. Raises the OSError that ended the file, if one did."""
        with self._turn:
            self._closing = True
            self._turn.notify_all()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while self._flush():
                pass
        except OSError as error:
            self._fail(error)
        finally:
            os.close(self._fd)

    def _flush(self) -> bool:
        """Write one batch; return whether there can be another."""
        with self._turn:
            self._turn.wait_for(lambda: self._buffer or self._closing)
            # One more breath, so that a batch is worth its system call.
            self._turn.wait_for(lambda: self._closing, self._flush_s)
            batch, self._buffer = self._buffer, bytearray()
            closing = self._closing
        self._write(batch)
        if self._sync or closing:
            os.fdatasync(self._fd)
        with self._turn:
            self.written += len(batch)
            self._turn.notify_all()
        return not closing

    def _write(self, batch: bytearray) -> None:
        view = memoryview(batch)
        while view:
            view = view[os.write(self._fd, view) :]

    def _fail(self, error: OSError) -> None:
        with self._turn:
            self.error = error
            self._turn.notify_all()
        if self._on_error is not None:
            self._on_error(error)


def write_json(path: Path, data: Any, *, sync: bool = True) -> None:
    """Write JSON beside the file, sync it, and put it in the file's place: whole or not at all."""
    text = json.dumps(data, sort_keys=True) + "\n"
    draft = path.with_suffix(path.suffix + ".part")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
