"""What a canary saw."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackstart.history.reading import CANARY, Damage, read_records
from blackstart.history.records import EXTRA, Result


@dataclass(frozen=True)
class Samples:
    """All probes of one canary as arrays of one length, in the order they were scheduled.

    Times are monotonic nanoseconds, 0 = never. ``result`` holds `Result` values. ``served_by`` is the
    index+1 into the plan's regions. ``lag_us``: how late the probe was sent. A missing ``seq`` is a probe
    whose record was lost. ``flags`` as in `Sample`.
    """

    seq: NDArray[np.uint64]
    scheduled: NDArray[np.int64]
    sent: NDArray[np.int64]
    done: NDArray[np.int64]
    status: NDArray[np.uint16]
    result: NDArray[np.uint8]
    served_by: NDArray[np.uint8]
    lag_us: NDArray[np.uint32]
    flags: NDArray[np.uint32]
    damage: Damage | None = None

    def __len__(self) -> int:
        return len(self.seq)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which probes were good: right status, right body, within the SLO of their scheduled time."""
        return np.equal(self.result, Result.GOOD)

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Which probes the target failed. Neither good nor bad: what the observer skipped or spoilt itself."""
        return (self.result >= Result.SLOW) & (self.result < Result.SKIPPED)

    @property
    def extra(self) -> NDArray[np.bool_]:
        """Which probes were sent beyond the canary's own rate, because an outage was under way."""
        return np.asarray(self.flags & EXTRA, dtype=np.bool_)


def read_canary(path: Path) -> Samples:
    """Read a canary's file. Raises OSError where it cannot be read."""
    records, damage = read_records(path, CANARY)
    order = np.argsort(records["seq"], kind="stable")
    fields = {field: records[field][order] for field in _FIELDS}
    return Samples(**fields, damage=damage)


_FIELDS = ("seq", "scheduled", "sent", "done", "status", "result", "served_by", "lag_us", "flags")
