"""Appending records so that a kill -9 loses at most the last few milliseconds."""

import errno
import hashlib
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Any

CANARY_FLUSH_S = 0.1


class RecordFile:
    """An append-only file, written by its own thread so that a disk never stalls who records.

    What is appended reaches the file within ``flush_s`` (with ``sync``: the disk), much of it at once, after ``finish``
    did with those bytes, in place, what need not be done while recording. ``position`` counts the bytes appended,
    ``written`` those that the file holds; ``wait_synced`` blocks until it holds everything up to a position. The first
    failed write ends the file: ``error`` says why, ``on_error`` is called once, later appends are dropped. ``sha256``
    is that of all that was written, so that the file is known by whatever name; None with ``sync``: a ledger's records
    bear their run, and come fast.
    """

    def __init__(
        self,
        path: Path,
        *,
        flush_s: float,
        sync: bool,
        finish: Callable[[bytearray], None] | None = None,
        on_error: Callable[[OSError], None] | None = None,
    ) -> None:
        self.path = path
        self.error: OSError | None = None
        self._flush_s = flush_s
        self._sync = sync
        self._finish = finish
        self._on_error = on_error
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._waiting = bytearray()
        self._taken = 0
        self.written = 0
        self.sha256 = None if sync else hashlib.sha256()
        self._turn = Condition()
        # Held until the file is closed. To wait for a plain lock costs the thread a tenth of what a Condition does.
        self._open = Lock()
        self._open.acquire()
        self._thread = Thread(target=self._run, name=path.name, daemon=True)
        self._thread.start()

    def append(self, data: bytes) -> None:
        """Take bytes in."""
        self._waiting += data  # one bytearray for ever: this needs no lock, and is done for every record

    @property
    def position(self) -> int:
        """How many bytes were appended until now."""
        with self._turn:
            return self._taken + len(self._waiting)

    def wait_synced(self, position: int, timeout_s: float) -> bool:
        """Wait until the file holds everything up to the position; False if it does not come to that."""
        with self._turn:
            self._turn.wait_for(lambda: self.written >= position or self.error is not None, timeout_s)
            return self.written >= position

    def fail(self, error: OSError) -> None:
        """End the file: nothing more gets into it. The first error counts."""
        with self._turn:
            if self.error is not None:
                return
            self.error = error
            self._turn.notify_all()
        if self._on_error is not None:
            self._on_error(error)

    def close(self) -> None:
        """Write what is left, sync and close. Raises the OSError that ended the file, if one did."""
        if self._open.locked():
            self._open.release()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        closing = False
        while not closing:
            closing = self._open.acquire(timeout=self._flush_s)
            batch = self._batch()
            if self.error is None and (batch or closing):
                self._keep(batch, closing)
        os.close(self._fd)

    def _batch(self) -> bytearray:
        with self._turn:
            count = len(self._waiting)
            batch = self._waiting[:count]
            del self._waiting[:count]
            self._taken += count
        return batch

    def _keep(self, batch: bytearray, closing: bool) -> None:
        try:
            if self._finish is not None:
                self._finish(batch)
            self._write(batch)
            if self._sync or closing:
                os.fdatasync(self._fd)
        except OSError as error:
            self.fail(error)
            return
        except (ValueError, struct.error) as error:  # a thread that died in silence would leave a calm-looking record
            self.fail(OSError(errno.EIO, f"its records are not whole ({error})"))
            return
        if self.sha256 is not None:
            self.sha256.update(batch)
        with self._turn:
            self.written += len(batch)
            self._turn.notify_all()

    def _write(self, batch: bytearray) -> None:
        view = memoryview(batch)
        while view:
            view = view[os.write(self._fd, view) :]


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
