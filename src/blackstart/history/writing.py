"""Appending records so that a kill -9 loses at most the last few milliseconds."""

import errno
import hashlib
import json
import os
import struct
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Any

CANARY_FLUSH_S = 0.1


class RecordFile[Record]:
    """An append-only file, packed and written by its own thread so that neither stalls who records.

    What is appended reaches the file within ``flush_s`` (with ``sync``: the disk), many records at once as ``pack``
    makes them bytes. ``position`` counts what was appended, ``written`` what the file holds; ``wait_synced`` blocks
    until it holds everything up to a position. The first failed write ends the file: ``error`` says why, ``on_error``
    is called once from the thread, later appends are dropped. ``sha256`` is that of all that was written, so that the
    file is known by whatever name; None with ``sync``: a ledger's records bear their run, and come fast.
    """

    def __init__(
        self,
        path: Path,
        pack: Callable[[Sequence[Record]], bytes],
        *,
        flush_s: float,
        sync: bool,
        on_error: Callable[[OSError], None] | None = None,
    ) -> None:
        self.path = path
        self.error: OSError | None = None
        self._pack = pack
        self._flush_s = flush_s
        self._sync = sync
        self._on_error = on_error
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._waiting: deque[Record] = deque()
        self._taken = 0
        self.written = 0
        self.sha256 = None if sync else hashlib.sha256()
        self._closing = False
        self._idle = False
        self._turn = Condition()
        self._thread = Thread(target=self._run, name=path.name, daemon=True)
        self._thread.start()

    def append(self, record: Record) -> None:
        """Take a record in."""
        self._waiting.append(record)  # a deque needs no lock for that, and this is called for every record
        if self._idle:
            self._wake()

    @property
    def position(self) -> int:
        """How many records were appended until now."""
        with self._turn:
            return self._taken + len(self._waiting)

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

    def _wake(self) -> None:
        with self._turn:
            self._idle = False
            self._turn.notify_all()

    def _run(self) -> None:
        try:
            while self._flush():
                pass
        except OSError as error:
            self._fail(error)
        except struct.error as error:
            self._fail(OSError(errno.EINVAL, f"a record does not fit its fields ({error})"))
        finally:
            os.close(self._fd)

    def _flush(self) -> bool:
        """Write one batch; return whether there can be another."""
        batch, closing = self._batch()
        data = self._pack(batch)
        self._write(data)
        if self.sha256 is not None:
            self.sha256.update(data)
        if self._sync or closing:
            os.fdatasync(self._fd)
        with self._turn:
            self.written += len(batch)
            self._turn.notify_all()
        return not closing

    def _batch(self) -> tuple[list[Record], bool]:
        """Wait for records; return them, and whether they are the last."""
        with self._turn:
            self._idle = True  # before looking whether there are any: who appends after that wakes this thread
            self._turn.wait_for(lambda: self._waiting or self._closing)
            self._idle = False
            # One more breath, so that a batch is worth its system call.
            self._turn.wait_for(lambda: self._closing, self._flush_s)
            closing = self._closing
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            self._taken += len(batch)
        return batch, closing

    def _write(self, batch: bytes) -> None:
        view = memoryview(batch)
        while view:
            view = view[os.write(self._fd, view) :]

    def _fail(self, error: OSError) -> None:
        with self._turn:
            self.error = error
            self._waiting = deque(maxlen=0)
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
