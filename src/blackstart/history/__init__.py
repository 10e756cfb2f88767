"""What was seen in a run: the files of its ``history`` folder, written and read back.

Readers need numpy and are loaded on first use; who only records (the observer) starts without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from blackstart.history.ledger_file import LEDGER_FLUSH_S, LedgerFile
from blackstart.history.records import (
    EXTRA,
    Entry,
    Kind,
    Result,
    Sample,
    WriteOutcome,
    pack_beats,
    pack_entries,
    pack_samples,
)
from blackstart.history.writing import CANARY_FLUSH_S, RecordFile

if TYPE_CHECKING:
    from blackstart.history.blocks import Blocks
    from blackstart.history.chunks import Chunks
    from blackstart.history.heartbeat import Heartbeat, Stall, read_heartbeat
    from blackstart.history.ledger import Ledger, read_ledger
    from blackstart.history.reading import CANARY, LEDGER, Damage
    from blackstart.history.run_history import History
    from blackstart.history.samples import Samples, read_canary
    from blackstart.history.settled import Settled, read_settled
    from blackstart.history.survivors import Survivors, as_ranges, read_survivors, write_survivors
    from blackstart.history.watch import Watch, WatchFile, read_watch

_LATER = {
    "Blocks": "blocks",
    "Chunks": "chunks",
    "Heartbeat": "heartbeat",
    "Stall": "heartbeat",
    "read_heartbeat": "heartbeat",
    "Ledger": "ledger",
    "read_ledger": "ledger",
    "CANARY": "reading",
    "LEDGER": "reading",
    "Damage": "reading",
    "History": "run_history",
    "Samples": "samples",
    "read_canary": "samples",
    "Settled": "settled",
    "read_settled": "settled",
    "Survivors": "survivors",
    "as_ranges": "survivors",
    "read_survivors": "survivors",
    "write_survivors": "survivors",
    "Watch": "watch",
    "WatchFile": "watch",
    "read_watch": "watch",
}

__all__ = [
    "CANARY",
    "CANARY_FLUSH_S",
    "EXTRA",
    "LEDGER",
    "LEDGER_FLUSH_S",
    "Blocks",
    "Chunks",
    "Damage",
    "Entry",
    "Heartbeat",
    "History",
    "Kind",
    "Ledger",
    "LedgerFile",
    "RecordFile",
    "Result",
    "Sample",
    "Samples",
    "Settled",
    "Stall",
    "Survivors",
    "Watch",
    "WatchFile",
    "WriteOutcome",
    "as_ranges",
    "pack_beats",
    "pack_entries",
    "pack_samples",
    "read_canary",
    "read_heartbeat",
    "read_ledger",
    "read_settled",
    "read_survivors",
    "read_watch",
    "write_survivors",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
