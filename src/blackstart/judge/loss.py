r"""Loss: the acknowledged writes that the survivors do not hold.

A is what was acknowledged before the survivors were read, I what may or may not have landed, F what definitely
failed, S the survivors. Lost is A \ S. All of it is arithmetic on rows ordered by writer and sequence and on
ranges: ten million writes need a few bytes each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blackstart.history import Blocks
from blackstart.judge.interval import Interval
from blackstart.judge.stalls import Stalls, Times

Flags = npt.NDArray[np.bool_]
Ranges = Mapping[int, Sequence[tuple[int, int]]]

CLOSED, ACKNOWLEDGED, REFUSED, OPEN = range(4)
"""What is known of a write: certainly never sent, acknowledged, definitely failed, unknown."""

ENOUGH = 100_000
"""How many writes tell the usual commit latency well enough."""

PIECE = 1 << 20
"""Rows looked at together where what is picked out of them is copied: bounds the copies."""


@dataclass(frozen=True)
class Writes:
    """All writes, one row each, ordered by writer and sequence; times in monotonic nanoseconds, 0 for never.

    ``blocks`` say which writer and sequence each row is of: a column of its own for either would be a third of all.
    ``outcome`` holds CLOSED to OPEN, ``endpoint`` 1 + the index of the region that answered (0: unknown).
    """

    blocks: Blocks
    sent: Times
    done: Times
    outcome: npt.NDArray[np.uint8]
    endpoint: npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Survived:
    """Which rows survived (``rows``), and how many survivors the ledger knows nothing of (``strangers``)."""

    rows: Flags
    strangers: int


@dataclass(frozen=True)
class Loss:
    """Counts of writes, durations in nanoseconds.

    ``lost_rows`` marks the lost ones among the ledger's rows; ``doubtful_rows`` are the indices of those that are not
    there and were stamped after the reading, by an observer that stood still: they may have been acknowledged before.
    """

    acknowledged: int
    lost: int
    indeterminate: int
    recovered_unknown: int
    holes: int
    refused_but_there: int
    strangers: int
    lost_after_fault: int
    lost_after_fault_span: int
    rpo: Interval
    newest_survivor: Interval | None
    lost_rows: Flags
    doubtful_rows: npt.NDArray[np.intp]

    @property
    def survived(self) -> int:
        return self.acknowledged - self.lost

    @property
    def lost_at_most(self) -> int:
        """The lost ones, and the unknown ones that are not there."""
        return self.lost + self.indeterminate - self.recovered_unknown

    @property
    def phantoms(self) -> int:
        """What survived though it definitely failed, or was never sent by this ledger."""
        return self.refused_but_there + self.strangers


def match(writes: Writes, ranges: Ranges) -> Survived:
    """Find the survivors among the rows. Raises ValueError for ranges that overlap or run backwards."""
    steps = np.zeros(len(writes.outcome) + 1, dtype=np.int8)
    strangers = 0
    for writer, spans in sorted(ranges.items()):
        first, last = _bounds(writer, spans)
        begin = writes.blocks.rows_before(writer, first)
        end = writes.blocks.rows_before(writer, last + np.uint64(1))
        some = begin < end
        steps[begin[some]] += 1
        steps[end[some]] -= 1
        strangers += int((last - first + np.uint64(1)).sum()) - int((end - begin).sum())
    # In place: between its steps up and down a row is covered, and the spans do not overlap, so the sum is 0 or 1.
    rows = np.cumsum(steps, dtype=np.int8, out=steps)[:-1].view(np.bool_)
    covered = int(np.count_nonzero(rows))
    rows &= writes.outcome != CLOSED
    return Survived(rows, strangers + covered - int(np.count_nonzero(rows)))


def measure(
    writes: Writes,
    survived: Survived,
    read_at_ns: int,
    fault: Interval,
    stalls: Stalls,
    old_endpoint: int | None = None,
    before: Loss | None = None,
) -> Loss:
    """Set the ledger against the survivors that were read from ``read_at_ns`` on.

    ``old_endpoint`` is the endpoint that gave acknowledgements before the fault; ``before`` is the loss by an
    earlier reading: what was lost then is not lost again, what was in doubt then may have been. ``rpo`` counts back
    from ``fault``.
    """
    acknowledged = (writes.outcome == ACKNOWLEDGED) & (writes.done < read_at_ns)
    if before is not None:
        acknowledged &= ~before.lost_rows
        acknowledged[before.doubtful_rows] &= survived.rows[before.doubtful_rows]
    lost = acknowledged & ~survived.rows
    unknown = (writes.outcome == OPEN) & (writes.sent < read_at_ns)
    answered = surely_answered(writes, lost, stalls)
    doubtful_rows = _doubtful(writes, survived.rows, read_at_ns, stalls, before)
    doubtful = surely_answered(writes, doubtful_rows, stalls)
    after = answered[answered > fault.latest]
    newest = _newest_survivor(writes, acknowledged & survived.rows, fault, old_endpoint)
    return Loss(
        acknowledged=int(np.count_nonzero(acknowledged)),
        lost=int(np.count_nonzero(lost)),
        indeterminate=int(np.count_nonzero(unknown)) + len(doubtful),
        recovered_unknown=int(np.count_nonzero(unknown & survived.rows)),
        holes=_holes(writes, acknowledged, lost, newest, fault),
        refused_but_there=int(np.count_nonzero((writes.outcome == REFUSED) & survived.rows)),
        strangers=survived.strangers,
        lost_after_fault=len(after),
        lost_after_fault_span=int(after.max()) - fault.latest if len(after) else 0,
        rpo=_rpo(writes, lost, answered, doubtful, fault),
        newest_survivor=None if newest is None else fault.since(Interval.exactly(newest)),
        lost_rows=lost,
        doubtful_rows=doubtful_rows,
    )


def _bounds(writer: int, spans: Sequence[tuple[int, int]]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    ordered = np.array(sorted(spans), dtype=np.int64).reshape(-1, 2)
    first, last = ordered[:, 0], ordered[:, 1]
    if (first < 0).any() or (last < first).any() or (first[1:] <= last[:-1]).any():
        raise ValueError(f"the survivors of writer {writer} are no ranges: they overlap or run backwards")
    return first.astype(np.uint64), last.astype(np.uint64)


def surely_answered(writes: Writes, rows: Flags | npt.NDArray[np.intp], stalls: Stalls) -> Times:
    """Return by when each answer may have been there already: the observer may have stood still and stamped it late."""
    sent, done = writes.sent[rows], writes.done[rows]
    return np.asarray(done - stalls.at_most().within(sent, done), dtype=np.int64)


def _doubtful(
    writes: Writes, there: Flags, read_at_ns: int, stalls: Stalls, before: Loss | None
) -> npt.NDArray[np.intp]:
    """Return the missing writes that may have been acknowledged before the reading, though stamped after it.

    And those of the reading ``before`` that are still missing: which of the two lost them is not known.
    """
    earlier = np.zeros(0, np.intp) if before is None else before.doubtful_rows[~there[before.doubtful_rows]]
    if not stalls.start.size:
        return earlier
    late = np.flatnonzero(writes.done >= read_at_ns)
    late = late[(writes.outcome[late] == ACKNOWLEDGED) & ~there[late]]
    return np.union1d(earlier, late[surely_answered(writes, late, stalls) < read_at_ns])


def _rpo(writes: Writes, lost: Flags, answered: Times, doubtful: Times, fault: Interval) -> Interval:
    """Count back from the fault to the oldest lost write; to one of which it is not known, in the latest bound only."""
    least = Interval.exactly(0)
    if len(answered):
        oldest = int(writes.done[lost].min())
        least = fault.since(Interval.between(int(answered.min()), oldest, oldest))
    if not len(doubtful):
        return least
    return Interval.between(least.earliest, max(least.latest, fault.latest - int(doubtful.min())), least.point)


def _newest_survivor(writes: Writes, there: Flags, fault: Interval, old_endpoint: int | None) -> int | None:
    """Return when the newest surviving write was acknowledged by the side that was lost."""
    by_old = there & (writes.endpoint == old_endpoint) if old_endpoint else there & (writes.done <= fault.latest)
    pieces = (slice(start, start + PIECE) for start in range(0, len(by_old), PIECE))
    newest = [int(writes.done[piece][by_old[piece]].max()) for piece in pieces if by_old[piece].any()]
    return max(newest, default=None)


def _holes(writes: Writes, acknowledged: Flags, lost: Flags, newest: int | None, fault: Interval) -> int:
    """Count the lost writes that are older than the newest survivor by more than a commit may take (p99)."""
    if newest is None or not lost.any():
        return 0
    calm = acknowledged & (writes.done < fault.earliest)
    every = int(np.count_nonzero(calm)) // ENOUGH + 1
    commits = (writes.done[::every] - writes.sent[::every])[calm[::every]]
    slack = int(np.percentile(commits, 99)) if commits.size else 0
    return int(np.count_nonzero(writes.done[lost] < newest - slack))
