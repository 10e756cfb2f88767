"""The observer's heartbeat: where it stalled, nothing it says about time can be trusted."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackstart.history.reading import Damage
from blackstart.history.records import BEAT_BYTES

INTERVAL_NS = 100_000_000


@dataclass(frozen=True)
class Stall:
    """A span without a heartbeat: monotonic nanoseconds of the beats before and after it."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class Heartbeat:
    """The instants (monotonic ns) at which the observer's loop had its turn."""

    beats: NDArray[np.int64]
    damage: Damage | None = None

    def __len__(self) -> int:
        return len(self.beats)

    def stalls(self, longer_than_ns: int = 2 * INTERVAL_NS) -> list[Stall]:
        """Return the spans between two beats that are longer than that."""
        gaps = np.flatnonzero(np.diff(self.beats) > longer_than_ns)
        return [Stall(int(self.beats[gap]), int(self.beats[gap + 1])) for gap in gaps]


def read_heartbeat(path: Path) -> Heartbeat:
    """Read the heartbeat's file. Raises OSError where it cannot be read."""
    data = path.read_bytes()
    cut = len(data) % BEAT_BYTES
    beats = np.frombuffer(data[: len(data) - cut], dtype="<i8").astype(np.int64)
    damage = Damage(cut, f"the last beat is cut after {cut} of {BEAT_BYTES} bytes") if cut else None
    if (np.diff(beats) < 0).any():
        # Not one of them can be told from the true ones: what stood still when is not known.
        return Heartbeat(beats[:0], Damage(len(data), "its beats are not in the order of time"))
    return Heartbeat(beats, damage)
