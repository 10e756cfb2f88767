"""What each instrument saw, out of the history: answers by time, good, bad or never sent, and how long they took."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history import CANARY, EXTRA, Chunks, Damage, Result, Settled, WriteOutcome, read_settled
from blackstart.report.quantities import plain
from blackstart.report.record import Record

GOOD, BAD, UNSENT, NOTHING = range(4)
"""What a row of answers says; NOTHING: it is no answer at all (a write that was reserved and never sent)."""
SLICE = 1 << 20  # answers at once: bounds the temporaries


@dataclass(frozen=True)
class Answers:
    """Arrays of one length: when (monotonic ns), how (GOOD to NOTHING), by whom (region + 1, 0 unknown).

    ``waited_us``: from when it was due until the right answer came, 0 where none came. ``extra``: which were asked
    for beyond the instrument's own rate, to look closer at an outage: drawn, but not counted.
    """

    times_ns: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    outcomes: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    served_by: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    waited_us: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    extra: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))

    def __len__(self) -> int:
        return self.times_ns.size

    def count(self, outcome: int) -> int:
        return sum(int(np.count_nonzero(part.outcomes == outcome)) for part in self.own_parts())

    @property
    def extras(self) -> int:
        return int(np.count_nonzero(self.extra))

    @property
    def total(self) -> int:
        return len(self) - self.extras - self.count(NOTHING)

    def where(self, chosen: Any) -> "Answers":
        """Return some of them: a slice makes no copy."""
        columns = (self.times_ns, self.outcomes, self.served_by, self.waited_us, self.extra)
        return Answers(*(column[chosen] for column in columns))

    def parts(self) -> Iterator["Answers"]:
        """Yield all of them, a bounded number at a time."""
        yield from (self.where(slice(start, start + SLICE)) for start in range(0, len(self), SLICE))

    def own_parts(self) -> Iterator["Answers"]:
        """Yield those at the instrument's own rate: how closely an outage was looked at is no matter of latency."""
        yield from (part if not part.extras else part.where(~part.extra) for part in self.parts())


@dataclass(frozen=True)
class Fate:
    """What became of the writes, one row each: whether it was acknowledged and when (monotonic ns), sent, survived.

    ``silent``: the answer never came. ``read_at_ns``: when the survivors were read, for what came later says nothing
    of the failover.
    """

    acknowledged: NDArray[np.bool_]
    silent: NDArray[np.bool_]
    acknowledged_ns: NDArray[np.int64]
    sent_ns: NDArray[np.int64]
    survived: NDArray[np.bool_]
    read_at_ns: int


@dataclass(frozen=True)
class Seen:
    """One instrument: its name and kind, whether the objectives rest on it, and what it was answered."""

    name: str
    kind: str
    rests_on: bool
    store: str = ""
    regions: tuple[str, ...] = ()
    answers: Answers = field(default_factory=Answers)
    fate: Fate | None = None
    damage: str = ""

    @property
    def noun(self) -> str:
        return "write" if self.kind == "ledger" else "probe"


def instruments(record: Record) -> Iterator[Seen]:
    """Yield what each instrument saw: those of the run's plan, then any other that left a file."""
    folder = record.run_dir / "history"
    regions = tuple(plain(region, 60) for region in record.json_of("history/plan.json").get("served_by") or ())
    files = {path.stem: path for prefix in ("canary", "ledger") for path in sorted(folder.glob(f"{prefix}-*.bin"))}
    for planned in record.run.get("instruments") or []:
        kind = "ledger" if planned.get("kind") == "ledger" else "canary"
        name = str(planned.get("name"))
        seen = Seen(name, kind, bool(planned.get("rests_on")), str(planned.get("store") or name), regions)
        yield _filled(seen, files.pop(f"{kind}-{name}", None), record)
    for stem, path in files.items():
        kind, _, name = stem.partition("-")
        yield _filled(Seen(name, kind, False, name, regions), path, record)


def _filled(seen: Seen, path: Path | None, record: Record) -> Seen:
    named = replace(seen, name=plain(seen.name, 60))
    if path is None:
        return replace(named, damage="left no record")
    try:
        filled, damage = _ledger(named, path, record) if seen.kind == "ledger" else _canary(named, path)
    except (OSError, ValueError, OverflowError) as error:
        return replace(named, damage=f"cannot be read: {plain(error, 160)}")
    left_out = f"{damage.bytes:,} bytes left out: {plain(damage.reason, 160)}" if damage else ""
    return replace(filled, damage=left_out)


def _canary(seen: Seen, path: Path) -> tuple[Seen, Damage | None]:
    chunks = Chunks(path, CANARY)
    size = chunks.count
    room = Answers(
        np.empty(size, np.int64),
        np.empty(size, np.uint8),
        np.empty(size, np.uint8),
        np.empty(size, "u4"),
        np.empty(size, np.bool_),
    )
    filled = 0
    for records in chunks:
        _probes(room.where(slice(filled, filled + len(records))), records)
        filled += len(records)
    return replace(seen, answers=room.where(slice(0, filled))), chunks.damage


def _probes(room: Answers, records: NDArray[Any]) -> None:
    result = records["result"]
    room.times_ns[:] = np.where(records["sent"] > 0, records["sent"], records["scheduled"])
    room.outcomes[:] = np.select([result == Result.GOOD, result < Result.SKIPPED], [GOOD, BAD], UNSENT)
    room.served_by[:] = records["served_by"]
    room.extra[:] = records["flags"] & EXTRA > 0
    right = (result <= Result.SLOW) & (records["done"] > 0)
    room.waited_us[:] = np.where(right, _waited_us(records["done"] - records["scheduled"]), 0)


def _waited_us(waited_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.clip(waited_ns // 1000, 1, 2**31)


def _ledger(seen: Seen, path: Path, record: Record) -> tuple[Seen, Damage | None]:
    survivors, read_at_ns = record.survivors(seen.store)
    writes = read_settled(path, survivors)
    acknowledged = writes.outcome == WriteOutcome.OK
    silent = writes.outcome == WriteOutcome.UNKNOWN
    told = Fate(acknowledged, silent, writes.done, writes.sent, writes.survived, read_at_ns)
    fate = None if survivors is None else told
    return replace(seen, answers=_writes(writes, acknowledged), fate=fate), writes.damage


def _writes(writes: Settled, acknowledged: NDArray[np.bool_]) -> Answers:
    """Return the writes as answers, in the same arrays: there may be ten million."""
    outcomes = np.where(acknowledged, GOOD, BAD).astype(np.uint8)
    unsent = writes.sent == 0
    # Of a write whose sending was damaged, the answer still tells about when it was.
    times_ns = np.where(unsent, writes.done, writes.sent) if unsent.any() else writes.sent
    outcomes[unsent & (writes.done == 0)] = NOTHING
    np.maximum(writes.waited_us, 1, out=writes.waited_us)
    writes.waited_us[~acknowledged | unsent] = 0
    return Answers(times_ns, outcomes, writes.endpoint, writes.waited_us, np.zeros(len(outcomes), np.bool_))


def extent_ns(all_seen: Sequence[Seen]) -> list[int]:
    """Return the first and the last instant that any instrument saw, [] if none saw anything."""
    edges = [edge for seen in all_seen for edge in _edges_ns(seen.answers)]
    return [min(edges), max(edges)] if edges else []


def _edges_ns(answers: Answers) -> list[int]:
    if not answers.total:
        return []
    times = answers.times_ns
    return [int(times.min(where=answers.outcomes != NOTHING, initial=times.max())), int(times.max())]
