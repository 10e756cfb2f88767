"""The file of one ledger's events, as who writes them uses it."""

from collections.abc import Callable
from pathlib import Path

from blackstart.history.records import Kind, pack_entries
from blackstart.history.writing import RecordFile

LEDGER_FLUSH_S = 0.01


class LedgerFile(RecordFile[tuple[int, ...]]):
    """Takes events in by their fields: to build an object for each would cost more than all the rest."""

    def __init__(
        self, path: Path, *, flush_s: float = LEDGER_FLUSH_S, on_error: Callable[[OSError], None] | None = None
    ) -> None:
        super().__init__(path, pack_entries, flush_s=flush_s, sync=True, on_error=on_error)

    def record(self, kind: Kind, writer: int, seq: int, time_ns: int, endpoint: int = 0, aux: int = 0) -> None:
        """Take an event in; its fields are those of an `Entry`."""
        self.append((kind, writer, seq, time_ns, endpoint, aux))
