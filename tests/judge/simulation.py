"""A service and its prober in virtual time: the truth is known, so bounds can be checked against it.

Nothing here waits. The service is down in known spans, in one of six ways; the network loses single requests and holds
others up; the prober is an open loop on one event loop that may stand still: what it should have sent then is invalid,
what came back then is stamped late. All probes of a record are worked out at once, as arrays.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from blackstart.history import EXTRA, Result, Sample
from blackstart.judge.series import Series
from blackstart.judge.stalls import PERIOD_NS, Stalls

S = 1_000_000_000
MS = 1_000_000
Mode = Literal["refused", "hang", "drop", "503", "brown-out", "resume"]
MODES: tuple[Mode, ...] = get_args(Mode)
Span = tuple[int, int]
Array = NDArray[Any]
NEVER = -1
LONGEST_NS = 20 * S
"""No request is under way for longer: a heavy tail ends somewhere."""


@dataclass(frozen=True)
class Network:
    """What becomes of single requests: this share is ``lost``, this one ``slow`` by a heavy tail of ``slow_ns``.

    ``uneven``: the way there, the answering and the way back take any part of a request's latency, not a third each.
    """

    lost: float = 0.0
    slow: float = 0.0
    slow_ns: int = 100 * MS
    uneven: bool = False


CALM = Network()


@dataclass(frozen=True)
class Service:
    """Down in these spans (ns, in order, apart), in this way; otherwise it answers after ``latency_ns`` and up to
    ``jitter_ns`` more. ``modes`` names the way of each span where they differ.
    """

    down: tuple[Span, ...] = ()
    mode: Mode = "refused"
    latency_ns: int = 5 * MS
    jitter_ns: int = 10 * MS
    brown_out_ns: int = 2 * S
    modes: tuple[Mode, ...] = ()
    network: Network = CALM

    @property
    def outages(self) -> list[tuple[int, int, Mode]]:
        modes = self.modes or (self.mode,) * len(self.down)
        return [(begin, end, mode) for (begin, end), mode in zip(self.down, modes, strict=True)]


@dataclass(frozen=True)
class Prober:
    """Probes every ``interval_ns`` in [start, end); its loop stands still in ``stalls``, in order and apart.

    ``extra_ns``: how often it probes besides while something goes wrong; 0 for never.
    """

    start: int = 0
    end: int = 30 * S
    interval_ns: int = 100 * MS
    slo_ns: int = S
    timeout_ns: int = 2 * S
    stalls: tuple[Span, ...] = ()
    regions: tuple[str, ...] = ("eu-west-1", "eu-central-1")
    served_by: tuple[tuple[int, int], ...] = field(default=((0, 1),))
    """(from ns on, number of the region that answers)."""
    extra_ns: int = 0

    @property
    def seen_stalls(self) -> Stalls:
        """What the heartbeats show of the stalls."""
        return Stalls.from_heartbeats(self.heartbeats())

    def heartbeats(self) -> Array:
        return np.unique(self.awake(np.arange(self.start, self.end + 4 * S, PERIOD_NS)))

    def awake(self, times: Array) -> Array:
        """Return when the loop gets to what is due at these times."""
        if not self.stalls:
            return times
        begin, end = np.array(self.stalls, np.int64).T
        last = np.searchsorted(begin, times, side="right") - 1
        return np.where(last >= 0, np.maximum(times, end[last]), times)

    def stood(self, start: Array, end: Array) -> Array:
        """Return for how long the loop stood still within each span."""
        return Stalls(*(np.array(self.stalls, np.int64).reshape(-1, 2).T)).within(start, end)


@dataclass(frozen=True)
class Probes:
    """Every probe of a record, by the time it was due, as arrays; times 0 for never.

    ``failed_from`` and ``failed_to`` are the truth of each bad one: the outage that it met, or the instant of its
    sending where it was lost or held up on its own. NEVER: nothing was wrong with the system.
    """

    scheduled: Array
    sent: Array
    done: Array
    result: Array
    status: Array
    served_by: Array
    extra: Array
    failed_from: Array
    failed_to: Array

    def __len__(self) -> int:
        return len(self.scheduled)

    def samples(self) -> list[Sample]:
        """Return them as the observer would have recorded them."""
        late = np.where(self.sent > 0, self.sent - self.scheduled, 0) // 1000
        columns = (
            np.arange(len(self)), self.scheduled, self.sent, self.done, self.status, self.result, self.served_by, late,
            self.extra * EXTRA,
        )  # fmt: skip
        return [Sample(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def probe(service: Service, prober: Prober, rng: random.Random) -> list[Sample]:
    """Return every probe, as the observer would have recorded it."""
    return probes(service, prober, rng).samples()


def probes(service: Service, prober: Prober, rng: random.Random) -> Probes:
    """Return every probe, with the truth."""
    draw = np.random.default_rng(rng.getrandbits(64))
    ticks = np.arange(prober.start, prober.end, prober.interval_ns, dtype=np.int64)
    own = _asked(ticks, False, service, prober, draw)
    if not prober.extra_ns:
        return own
    closer = _asked(_between(own, prober), True, service, prober, draw)
    order = np.argsort(np.concatenate([own.scheduled, closer.scheduled]), kind="stable")
    return Probes(**{
        name: np.concatenate([getattr(own, name), getattr(closer, name)])[order] for name in own.__dict__
    })  # fmt: skip


def series(name: str, samples: Iterable[Sample], prober: Prober, kind: str = "http") -> Series:
    """Return recorded probes as the judge reads them."""
    rows = list(samples)

    def column(field_name: str, dtype: type) -> Array:
        return np.array([getattr(row, field_name) for row in rows], dtype=dtype)

    return Series(
        name, kind, column("scheduled", np.int64), column("sent", np.int64), column("done", np.int64),
        column("result", np.uint8), column("served_by", np.uint16), column("status", np.uint16),
        prober.regions, prober.slo_ns, prober.timeout_ns, column("flags", np.uint8).astype(np.bool_),
    )  # fmt: skip


def _between(own: Probes, prober: Prober) -> Array:
    """Return when to look closer: from what failed or waits for two intervals, until a second after it failed."""
    bad = (own.result >= Result.SLOW) & (own.result < Result.SKIPPED)
    begin = np.minimum(own.done, own.scheduled + 2 * prober.interval_ns)[bad] + MS
    order = np.argsort(begin, kind="stable")
    begin, until = begin[order], np.maximum.accumulate((own.done[bad] + S)[order])
    grid = np.arange(prober.start, prober.end, prober.extra_ns, dtype=np.int64) + prober.extra_ns // 3
    if not begin.size:
        return grid[:0]
    window = np.searchsorted(begin, grid, side="right") - 1
    return grid[(window >= 0) & (grid < until[window]) & (prober.awake(grid) == grid)]


def _asked(due: Array, extra: bool, service: Service, prober: Prober, draw: np.random.Generator) -> Probes:
    woken = prober.awake(due)
    invalid = (woken - due > prober.interval_ns // 2) & (not extra)
    sent = prober.awake(woken + draw.integers(0, MS, len(due)))
    latency, lost = latencies(service, len(due), draw)
    reply, result, status, begin, end = _answers(service, sent, latency, draw)
    reply = np.where(lost, NEVER, reply)
    deadline = prober.awake(due + prober.timeout_ns)
    over = (reply == NEVER) | (prober.awake(reply) > deadline + MS)
    done = np.where(over, deadline, prober.awake(reply))
    result, status = np.where(over, Result.TIMEOUT, result), np.where(over, 0, status)
    late = (result == Result.GOOD) & (done - due > prober.slo_ns)
    excused = late & (done - due - prober.stood(sent, done) <= prober.slo_ns)
    result = np.select([invalid | excused, late], [Result.INVALID, Result.SLOW], result)
    by_itself = lost | (sent + latency - due > prober.slo_ns)
    since, region = (np.array(column) for column in zip(*prober.served_by, strict=True))
    served_by = np.where(status > 0, region[np.maximum(np.searchsorted(since, sent, side="right") - 1, 0)], 0)
    return Probes(
        due, np.where(invalid, 0, sent), np.where(invalid, 0, done), result,
        np.where(invalid, 0, status), np.where(invalid, 0, served_by), np.full(len(due), extra),
        np.where(by_itself, sent, begin), np.where(by_itself, sent, end),
    )  # fmt: skip


def latencies(service: Service, count: int, draw: np.random.Generator) -> tuple[Array, Array]:
    """Return how long each request and its answer would take, and which of them are lost."""
    network = service.network
    latency = service.latency_ns + draw.integers(0, service.jitter_ns + 1, count)
    if network.slow:
        held_up = network.slow_ns * (1 + draw.pareto(1.5, count)) * (draw.random(count) < network.slow)
        latency = latency + np.minimum(held_up, LONGEST_NS).astype(np.int64)
    return latency, draw.random(count) < network.lost


@dataclass
class _Requests:
    """Requests under way, as arrays: when each arrives, when its answer leaves, and is back, and what it says."""

    arrived: Array
    leaves: Array
    back: Array
    reply: Array
    result: Array
    status: Array

    @classmethod
    def on_their_way(cls, service: Service, sent: Array, latency: Array, draw: np.random.Generator) -> "_Requests":
        there, away = latency // 3, latency * 2 // 3
        if service.network.uneven:
            there, away = (np.sort(draw.random((2, len(sent))), axis=0) * latency).astype(np.int64)
        good, ok = np.full(len(sent), Result.GOOD), np.full(len(sent), 200)
        return cls(sent + there, sent + away, latency - away, sent + latency, good, ok)

    def fail(self, met: Array, cut: Array, result: Result) -> None:
        """End those that arrive in an outage, with this result, and those that it cuts off."""
        self.result = np.select([met, cut], [result, Result.RESET], self.result)
        self.status = np.where(met | cut, 0, self.status)


def _answers(service: Service, sent: Array, latency: Array, draw: np.random.Generator) -> tuple[Array, ...]:
    """Return when each answer is on the wire's near end (NEVER: never), what it says, and which outage made it bad.

    A request meets one outage: what a standstill held is answered at its end, whatever comes then.
    """
    asked = _Requests.on_their_way(service, sent, latency, draw)
    first, last = np.full(len(sent), NEVER), np.full(len(sent), NEVER)
    for begin, end, mode in service.outages:
        open_ = first == NEVER
        met = open_ & (begin <= asked.arrived) & (asked.arrived < end)
        cut = open_ & (asked.arrived < begin) & (begin < asked.leaves)
        if mode in ("503", "brown-out"):
            cut[:] = False  # what is being answered already still is
        first, last = np.where(met | cut, begin, first), np.where(met | cut, end, last)
        _struck(asked, mode, met, cut, (begin, end), service)
    return asked.reply, asked.result, asked.status, first, last


def _struck(asked: _Requests, mode: Mode, met: Array, cut: Array, down: Span, service: Service) -> None:
    match mode:
        case "refused":
            asked.fail(met, cut, Result.REFUSED)
            asked.reply = np.select([met, cut], [asked.arrived + asked.back // 2, down[0] + asked.back], asked.reply)
        case "hang" | "drop":
            asked.reply = np.where(met | cut, NEVER, asked.reply)
        case "503":
            asked.result = np.where(met, Result.WRONG_STATUS, asked.result)
            asked.status = np.where(met, 503, asked.status)
        case "brown-out":
            asked.reply = np.where(met, asked.reply + service.brown_out_ns, asked.reply)
        case "resume":
            left = asked.leaves - np.maximum(asked.arrived, down[0]) + asked.back
            asked.reply = np.where(met | cut, down[1] + left, asked.reply)
