"""A service and its prober in virtual time: the truth is known, so bounds can be checked against it.

Nothing here waits. The service is down in known spans, in one of six ways; the prober is an open loop on one event
loop that may stand still: what it should have sent then is invalid, what came back then is stamped late.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from blackstart.history import Result, Sample
from blackstart.judge.series import Series
from blackstart.judge.stalls import PERIOD_NS, Stalls

S = 1_000_000_000
MS = 1_000_000
Mode = Literal["refused", "hang", "drop", "503", "brown-out", "resume"]
MODES: tuple[Mode, ...] = get_args(Mode)
Span = tuple[int, int]


@dataclass(frozen=True)
class Service:
    """Down in these spans (ns), in this way; otherwise it answers after ``latency_ns`` plus up to ``jitter_ns``."""

    down: tuple[Span, ...] = ()
    mode: Mode = "refused"
    latency_ns: int = 5 * MS
    jitter_ns: int = 10 * MS
    brown_out_ns: int = 2 * S


@dataclass(frozen=True)
class Prober:
    """Probes every ``interval_ns`` in [start, end); its loop stands still in ``stalls``."""

    start: int = 0
    end: int = 30 * S
    interval_ns: int = 100 * MS
    slo_ns: int = S
    timeout_ns: int = 2 * S
    stalls: tuple[Span, ...] = ()
    regions: tuple[str, ...] = ("eu-west-1", "eu-central-1")
    served_by: tuple[tuple[int, int], ...] = field(default=((0, 1),))
    """(from ns on, number of the region that answers)."""

    @property
    def seen_stalls(self) -> Stalls:
        """What the heartbeats show of the stalls."""
        return Stalls.from_heartbeats(self.heartbeats())

    def heartbeats(self) -> np.ndarray:
        due = range(self.start, self.end + 4 * S, PERIOD_NS)
        return np.array(sorted({self.awake(t) for t in due}), dtype=np.int64)

    def awake(self, t: int) -> int:
        """Return when the loop gets to what is due at ``t``."""
        for begin, end in self.stalls:
            if begin <= t < end:
                return end
        return t


def probe(service: Service, prober: Prober, rng: random.Random) -> list[Sample]:
    """Return every probe, as the observer would have recorded it."""
    ticks = range(prober.start, prober.end, prober.interval_ns)
    return [_probe(i, scheduled, service, prober, rng) for i, scheduled in enumerate(ticks)]


def series(name: str, samples: Iterable[Sample], prober: Prober, kind: str = "http") -> Series:
    """Return recorded probes as the judge reads them."""
    rows = list(samples)

    def column(field_name: str, dtype: type) -> np.ndarray:
        return np.array([getattr(row, field_name) for row in rows], dtype=dtype)

    return Series(
        name, kind, column("scheduled", np.int64), column("sent", np.int64), column("done", np.int64),
        column("result", np.uint8), column("served_by", np.uint16), column("status", np.uint16),
        prober.regions, prober.slo_ns, prober.timeout_ns,
    )  # fmt: skip


def _probe(seq: int, scheduled: int, service: Service, prober: Prober, rng: random.Random) -> Sample:
    woken = prober.awake(scheduled)
    if woken - scheduled > prober.interval_ns // 2:
        return Sample(seq, scheduled, 0, 0, 0, Result.INVALID, 0, (woken - scheduled) // 1000)
    sent = prober.awake(woken + rng.randrange(MS))
    reply, result, status = _answer(service, sent, rng)
    deadline = scheduled + prober.timeout_ns
    if reply is None or prober.awake(reply) > prober.awake(deadline) + MS:
        done, result, status = prober.awake(deadline), Result.TIMEOUT, 0
    else:
        done = prober.awake(reply)
    if result is Result.GOOD and done - scheduled > prober.slo_ns:
        result = Result.SLOW
    if result is Result.SLOW and done - scheduled - _stood(prober, sent, done) <= prober.slo_ns:
        result = Result.INVALID
    region = [number for since, number in prober.served_by if since <= sent][-1] if status else 0
    return Sample(seq, scheduled, sent, done, status, result, region, (sent - scheduled) // 1000)


def _answer(service: Service, sent: int, rng: random.Random) -> tuple[int | None, Result, int]:
    """Return when the answer is on the wire's near end (None: never), and what it says."""
    latency = service.latency_ns + rng.randrange(service.jitter_ns + 1)
    arrived, leaves = sent + latency // 3, sent + latency * 2 // 3
    for begin, end in service.down:
        if begin <= arrived < end:
            return _while_down(service, end, sent, latency)
        if arrived < begin < leaves:
            return _cut_off(service, begin, end, sent, latency)
    return sent + latency, Result.GOOD, 200


def _while_down(service: Service, end: int, sent: int, latency: int) -> tuple[int | None, Result, int]:
    match service.mode:
        case "refused":
            return sent + latency // 2, Result.REFUSED, 0
        case "hang" | "drop":
            return None, Result.TIMEOUT, 0
        case "503":
            return sent + latency, Result.WRONG_STATUS, 503
        case "brown-out":
            return sent + latency + service.brown_out_ns, Result.GOOD, 200
        case "resume":
            return end + latency, Result.GOOD, 200


def _cut_off(service: Service, begin: int, end: int, sent: int, latency: int) -> tuple[int | None, Result, int]:
    """A request that was being answered when the service went down."""
    match service.mode:
        case "refused":
            return begin + latency // 3, Result.RESET, 0
        case "hang" | "drop":
            return None, Result.TIMEOUT, 0
        case "503" | "brown-out":
            return sent + latency, Result.GOOD, 200
        case "resume":
            return end + latency, Result.GOOD, 200


def _stood(prober: Prober, start: int, end: int) -> int:
    return sum(max(0, min(end, b) - max(start, a)) for a, b in prober.stalls)
