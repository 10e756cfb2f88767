"""The deposed primary: what it alone held, what its engine says of that, and what it acknowledged too late."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from blackstart.history import Survivors
from blackstart.judge.interval import Interval
from blackstart.judge.loss import Loss, Writes, surely_answered
from blackstart.judge.phases import told
from blackstart.judge.record import Record

NOT_READ = "the old primary's content was not read"
NO_PROMOTION = "no promotion of the drill was recorded, so nobody was deposed"
NO_GAP = "the engine does not say how many transactions lie past the switch point"


@dataclass(frozen=True)
class Deposed:
    """``divergent``: what the old primary held and the survivors do not. ``gap``: transactions past the switch point,
    as the engine has them, and by whom. ``split_brain``: writes acknowledged after the promotion that the promoted
    database does not have. None is what was not observed; ``why`` says why, by the figure's name.
    """

    divergent: int | None
    gap: int | None
    gap_source: str | None
    split_brain: int | None
    why: dict[str, str]

    def gap_beside(self, lost: int | None) -> dict[str, Any] | None:
        """Return the engine's gap with what it counts beyond the lost and the divergent writes: 0 where they agree."""
        if self.gap is None:
            return None
        return {
            "transactions": self.gap,
            "beyond_lost": None if lost is None else self.gap - lost,
            "beyond_divergent": None if self.divergent is None else self.gap - self.divergent,
            "source": self.gap_source,
        }


def of_store(record: Record, survivors: Survivors, writes: Writes, loss: Loss) -> Deposed:
    """Return what is known of the old primary, beside one reading of a store's survivors."""
    read = record.survivors.get((survivors.store, "old-primary"))
    gap, source = _gap(record)
    split = _split_brain(record, writes, loss)
    why = {}
    if read is None or read.run != survivors.run:
        read, why["divergent"] = None, why_not_read(record)
    if gap is None:
        why["engine_gap"] = NO_GAP
    if split is None:
        why["split_brain"] = NO_PROMOTION
    return Deposed(None if read is None else _without(read, survivors), gap, source, split, why)


def elsewhere(deposed: Deposed) -> Deposed:
    """Return an entry for a later reading of the same store: the old primary was set against the first."""
    only = "the old primary is set against what was read when it was deposed"
    return replace(deposed, divergent=None, gap=None, split_brain=None, why={"divergent": only})


def why_not_read(record: Record) -> str:
    """Return why the old primary's content is not there, as far as the drill recorded it."""
    told_why = [str(event["why"]) for event in record.named("old_primary") if event.get("why")]
    return f"{NOT_READ}: {told_why[-1]}" if told_why else NOT_READ


def _gap(record: Record) -> tuple[int | None, str | None]:
    for event in reversed(record.named("old_primary")):
        gap = event.get("transactions_past_switch")
        if isinstance(gap, int):
            return gap, str(event.get("source"))
    return None, None


def _split_brain(record: Record, writes: Writes, loss: Loss) -> int | None:
    """Count the lost writes that were surely acknowledged after the promotion had surely happened."""
    promoted: Interval | None = getattr(told(record.phases).get("promoted"), "at", None)
    if promoted is None:
        return None
    # A stall can only have stamped an answer too late, so that what was stamped before is none.
    late = loss.lost_rows & (writes.done > promoted.latest)
    answered = surely_answered(writes, late, record.stalls)
    return int(np.count_nonzero(answered > promoted.latest))


def _without(old: Survivors, others: Survivors) -> int:
    return sum(_outside(spans, others.ranges.get(writer, ())) for writer, spans in old.ranges.items())


def _outside(spans: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> int:
    """Count what the spans hold and the others do not; each list's own spans do not overlap."""
    ordered, kept = sorted(others), sorted(spans)
    shared = at = 0
    for first, last in kept:
        while at < len(ordered) and ordered[at][1] < first:
            at += 1
        i = at
        while i < len(ordered) and ordered[i][0] <= last:
            shared += min(last, ordered[i][1]) - max(first, ordered[i][0]) + 1
            i += 1
    return sum(last - first + 1 for first, last in kept) - shared
