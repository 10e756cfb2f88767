"""Outages: from probes that were good or bad to intervals that hold the true start, end and downtime.

For one outage let b be its first bad probe, a the last good one that had been answered when b was sent, c its last bad
one and ρ the earliest completion among the good ones sent after c that cannot have been answered before c failed. It
started within [sent a, the instant by which b proves it] and ended within [sent c, ρ]. The points lie in the middle of
what the sampling leaves open, so neither end is late in the mean, whatever the rate at it. It has ended only when the
good probes after c go on for the whole stabilisation window: shorter runs are flaps of the same outage.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blackstart.history import Result
from blackstart.judge.interval import Interval
from blackstart.judge.partial import PartialFailure, partial_failure
from blackstart.judge.series import Judged
from blackstart.judge.stalls import Times

Indices = npt.NDArray[np.intp]

CROWDED = 5
"""Answers that come so many times closer together than their questions were sent had been held, and were let go."""
CROWD_NS = 50_000_000
"""What two questions that were sent together may add to that: answers never come at the very same instant."""

_OTHERS = {4: "unresolved", 7: "untrusted"}
"""Failures that have no result of their own, by the observer's numbers."""


@dataclass(frozen=True)
class Outage:
    """One outage as one instrument saw it; instants and durations in nanoseconds.

    ``start`` is None where no good probe came before it, ``end`` where it had not ended for good when the record did.
    ``good_since`` then tells since when the probes had been good again, if they were. ``not_before`` bounds the end
    from below in every case, ``surely_by`` the start from above. ``answered_until`` is when the last good answer came
    to what was sent before it. ``bad_probes`` of ``probes`` failed, as the
    instrument's own rate has them: how closely an outage was looked at is no matter of the target's. ``partial`` is
    None where nearly every request failed.
    """

    observer: str
    failure: str
    last_status: int
    start: Interval | None
    end: Interval | None
    first_light: Interval | None
    good_since: int | None
    surely_by: int
    answered_until: int
    not_before: int
    flaps: int
    bad_ns: int
    bad_probes: int
    probes: int
    partial: PartialFailure | None = None

    @property
    def downtime(self) -> Interval | None:
        """How long it lasted; None where either end was not seen."""
        return None if self.start is None or self.end is None else self.end.since(self.start)


@dataclass(frozen=True)
class Latency:
    """How long good probes took in calm times, in nanoseconds: the median, and the slowest."""

    usual: int = 0
    slowest: int = 0

    @classmethod
    def before(cls, series: Judged, instant_ns: int) -> "Latency":
        """Return it for the probes sent before an instant; nothing where there are none."""
        until = int(np.searchsorted(series.sent, instant_ns))
        good = series.good[:until]
        chosen = series.done[:until][good] - series.sent[:until][good]
        slowest = int(chosen.max(initial=0))
        return cls(int(np.median(chosen, overwrite_input=True)), slowest) if chosen.size else cls()


def find(series: Judged, stable_ns: int, latency: Latency, until_ns: int | None = None) -> list[Outage]:
    """Return the outages in order.

    ``stable_ns`` is the stabilisation window, ``until_ns`` where the record ends for this purpose (default: one step
    after the last probe).
    """
    bad = np.flatnonzero(~series.good)
    if not bad.size:
        return []
    until = int(series.sent[-1]) + series.step_ns if until_ns is None else until_ns
    following = np.append(bad[1:], len(series))
    begins_good = np.where(following > bad + 1, series.sent[np.minimum(bad + 1, len(series) - 1)], until)
    ends_good = np.append(_seen_until(series, bad[1:]), until)
    stable = (following > bad + 1) & (ends_good - begins_good >= stable_ns)
    last = np.flatnonzero(stable)
    first = np.concatenate([[0], last + 1])
    last = np.append(last, len(bad) - 1)
    return [
        _outage(series, bad[i : j + 1], bool(stable[j]), latency, until)
        for i, j in zip(first, last, strict=True)
        if i <= j
    ]


def _seen_until(series: Judged, bad: Indices) -> Times:
    """Return until when the probes before each bad one were seen: those in between may not count, as in a stall."""
    return np.minimum(series.sent[bad], series.sent[bad - 1] + series.step_ns)


def widest_hole_ns(series: Judged, start_ns: int, end_ns: int) -> int | None:
    """Return the longest outage that could hide between two good probes of [start, end]; None without two."""
    first, until = int(np.searchsorted(series.sent, start_ns)), int(np.searchsorted(series.sent, end_ns, side="right"))
    before = last_good(series, first)
    rows = slice(first if before is None else before, until)
    chosen = series.good[rows]
    sent, done = series.sent[rows][chosen], series.done[rows][chosen]
    holes = (done[1:] - sent[:-1])[sent[1:] >= start_ns]
    return int(holes.max()) if holes.size else None


def last_good(series: Judged, before: int) -> int | None:
    """Return where the last good probe is of so many first ones; None without any."""
    backwards = series.good[:before][::-1]
    return before - 1 - int(backwards.argmax()) if backwards.any() else None


def _outage(series: Judged, bad: Indices, ended: bool, latency: Latency, until: int) -> Outage:
    b, c = int(bad[0]), int(bad[-1])
    later = np.flatnonzero(~series.good[c + 1 :])
    after = slice(c + 1, c + 1 + int(later[0]) if later.size else len(series))
    good_again = series.done[after]
    own = bad[~series.extra[bad]]
    told = own if own.size else bad[:1]  # where only extra probes saw it, one did
    good_inside = np.count_nonzero(series.good[b : c + 1] & ~series.extra[b : c + 1])
    return Outage(
        observer=series.name,
        failure=_failure(series, told),
        last_status=int(series.status[c]),
        start=_start(series, b),
        end=_end(series, bad, good_again, latency) if ended else None,
        first_light=_first_light(series, b, latency),
        good_since=int(series.sent[c + 1]) if good_again.size else None,
        surely_by=int(series.surely_by[b]),
        answered_until=int(series.done[:b].max(where=series.good[:b], initial=0)),
        not_before=int(series.sent[c]),
        flaps=int(np.count_nonzero(np.diff(bad) > 1)),
        bad_ns=int((np.append(series.sent, until)[bad + 1] - series.sent[bad]).sum()),
        bad_probes=len(told),
        probes=len(told) + int(good_inside),
        partial=partial_failure(series, b, c),
    )


def _failure(series: Judged, bad: Indices) -> str:
    """Return how most of the probes failed; an OTHER failure by the number that the observer gave it."""
    result = Result(int(np.bincount(series.result[bad]).argmax()))
    if result is not Result.OTHER:
        return result.name.lower()
    most = int(np.bincount(series.status[bad][series.result[bad] == result]).argmax())
    return _OTHERS.get(most, "other")


def _start(series: Judged, b: int) -> Interval | None:
    if b == 0:
        return None
    before, first = int(series.sent[b - 1]), int(series.sent[b])
    return Interval.between(_well_until(series, b), int(series.surely_by[b]), (before + first) // 2)


def _well_until(series: Judged, b: int) -> int:
    """Return the last instant at which the system was surely well before the first bad probe was struck.

    A good probe that was still under way when the bad one was sent may have been overtaken: it proves nothing yet. All
    good ones before may have been, then the first of them is as much as is known.
    """
    answered = np.flatnonzero(series.done[:b] <= series.sent[b])
    return int(series.sent[answered[-1] if answered.size else 0])


def _end(series: Judged, bad: Indices, good_again: Times, latency: Latency) -> Interval:
    proof = _proof(series, bad, good_again, latency)
    return _back(series, int(bad[-1]), proof, int(good_again.min()), latency)


def _proof(series: Judged, bad: Indices, good_again: Times, latency: Latency) -> int:
    """Return ρ: the earliest completion that proves the system well *after* the last failure.

    A probe sent after the last bad one may have been answered before that one, still under way, was struck: what was
    sent before the bad ones failed, or could have been answered in calm times, proves nothing. A failure between
    two good ones has no other to bear it out: the request may have been under way for longer than any in calm times.
    """
    alone = (np.diff(bad, prepend=bad[0] - 2) > 1) & (np.diff(bad, append=bad[-1] + 2) > 1)
    calm = np.minimum(series.done[bad], series.sent[bad] + latency.slowest)
    struck = int(np.where(alone, series.surely_by[bad], calm).max())
    sent = series.sent[int(bad[-1]) + 1 :][: len(good_again)]
    proving = good_again[sent >= struck]
    return int(proving.min()) if proving.size else max(int(good_again.max()), struck)


def _back(series: Judged, last_bad: int, proof: int, completed: int, latency: Latency) -> Interval:
    """Bound the end by the last bad probe and the completion that proves the system well.

    The point follows the first completion, which shows it well without proving that it was so for good. A good probe
    that had to wait was sent before the end and answered at it. One that did not may have come any time after it: half
    a gap after it in the mean, as the first bad one came half a gap after the start.
    """
    first = last_bad + 1
    waited = int(series.done[first] - series.sent[first]) > latency.slowest > 0
    if waited:
        point = _released(series, first, completed) - latency.usual
    else:
        point = completed - latency.usual - int(series.sent[first] - series.sent[last_bad]) // 2
    return Interval.between(int(series.sent[last_bad]), proof, point)


def _released(series: Judged, first: int, completed: int) -> int:
    """Return when the first of a crowd was answered: what a standstill held comes back at once, the oldest first.

    Those that had waited for too long are bad, so the good one that completed first stands behind all of them. They
    are the slow ones sent right before it, as long as their answers came much closer together than they were sent.
    """
    between = np.abs(series.done[:first] - completed)
    together = between < (series.sent[first] - series.sent[:first] + CROWD_NS) // CROWDED
    others = np.flatnonzero(~(together & (series.result[:first] == Result.SLOW)))
    begin = int(others[-1]) + 1 if others.size else 0
    return int(series.done[begin:first].min(initial=completed))


def _first_light(series: Judged, b: int, latency: Latency) -> Interval | None:
    good = np.flatnonzero(series.good[b:])
    if not good.size:
        return None
    first = b + int(good[0])
    done = int(series.done[first])
    return _back(series, first - 1, done, done, latency)
