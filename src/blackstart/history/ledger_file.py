"""The file of one ledger's events, as who writes them uses it."""

import errno
import struct
from collections.abc import Callable
from pathlib import Path

from blackstart.history.records import Kind, check_entries, open_entry
from blackstart.history.writing import RecordFile

LEDGER_FLUSH_S = 0.02
"""A kill -9 of the observer makes unknown what was acknowledged in the last of it. Half of it costs a fifth more."""


class LedgerFile(RecordFile):
    """Takes events in by their fields: to build an object for each would cost more than all the rest."""

    def __init__(
        self, path: Path, *, flush_s: float = LEDGER_FLUSH_S, on_error: Callable[[OSError], None] | None = None
    ) -> None:
        super().__init__(path, flush_s=flush_s, sync=True, finish=check_entries, on_error=on_error)

    def record(self, kind: Kind, writer: int, seq: int, time_ns: int, endpoint: int = 0, aux: int = 0) -> None:
        """Take an event in; its fields are those of an `Entry`. One that does not fit them ends the file."""
        try:
            self._waiting += open_entry(kind, writer, seq, time_ns, endpoint, aux)
        except struct.error as error:
            self.fail(OSError(errno.EINVAL, f"a record does not fit its fields ({error})"))
