"""What each instrument saw, out of the history: answers by time, good, bad or never sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blackstart.history import Damage, Result, WriteOutcome, read_canary, read_ledger
from blackstart.report.quantities import plain
from blackstart.report.record import Record

GOOD, BAD, UNSENT = 0, 1, 2


@dataclass(frozen=True)
class Answers:
    """Arrays of one length: when (monotonic ns), how (GOOD, BAD, UNSENT), by whom (region + 1, 0 unknown)."""

    times_ns: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    outcomes: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    served_by: NDArray[np.uint16] = field(default_factory=lambda: np.empty(0, np.uint16))

    def __len__(self) -> int:
        return self.times_ns.size

    def count(self, outcome: int) -> int:
        return int(np.count_nonzero(self.outcomes == outcome))


@dataclass(frozen=True)
class Seen:
    """One instrument: its name and kind, whether the objectives rest on it, and what it was answered."""

    name: str
    kind: str
    rests_on: bool
    regions: tuple[str, ...] = ()
    answers: Answers = field(default_factory=Answers)
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
        seen = Seen(str(planned.get("name")), kind, bool(planned.get("rests_on")), regions)
        yield _filled(seen, files.pop(f"{kind}-{seen.name}", None))
    for stem, path in files.items():
        kind, _, name = stem.partition("-")
        yield _filled(Seen(name, kind, False, regions), path)


def _filled(seen: Seen, path: Path | None) -> Seen:
    seen = replace(seen, name=plain(seen.name, 60))
    if path is None:
        return replace(seen, damage="left no record")
    try:
        answers, damage = (_ledger if seen.kind == "ledger" else _canary)(path)
    except (OSError, ValueError) as error:
        return replace(seen, damage=f"cannot be read: {plain(error, 160)}")
    left_out = f"{damage.bytes:,} bytes left out: {plain(damage.reason, 160)}" if damage else ""
    return replace(seen, answers=answers, damage=left_out)


def _canary(path: Path) -> tuple[Answers, Damage | None]:
    samples = read_canary(path)
    times_ns = np.where(samples.sent > 0, samples.sent, samples.scheduled)
    outcomes = np.full(len(samples), UNSENT, np.uint8)
    outcomes[samples.result == Result.GOOD] = GOOD
    outcomes[samples.bad] = BAD
    return Answers(times_ns, outcomes, samples.served_by.astype(np.uint16)), samples.damage


def _ledger(path: Path) -> tuple[Answers, Damage | None]:
    ledger = read_ledger(path)
    times_ns = np.where(ledger.sent > 0, ledger.sent, ledger.done)
    # A reserved sequence that was never sent is no answer of the system.
    sent = times_ns > 0
    outcomes = np.where(ledger.outcome == WriteOutcome.OK, GOOD, BAD).astype(np.uint8)
    return Answers(times_ns[sent], outcomes[sent], ledger.endpoint[sent]), ledger.damage


def extent_ns(all_seen: Sequence[Seen]) -> list[int]:
    """Return the first and the last instant that any instrument saw, [] if none saw anything."""
    filled = [seen.answers.times_ns for seen in all_seen if len(seen.answers)]
    return [min(int(times.min()) for times in filled), max(int(times.max()) for times in filled)] if filled else []
