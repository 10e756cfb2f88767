"""What Hypothesis draws: services that fail, networks that lose and hold up, observers that stand still.

Each strategy is made once: making one takes longer than drawing from it.
"""

from itertools import pairwise
from operator import itemgetter

import numpy as np
from hypothesis import strategies as st

from blackstart.history import Result

from .simulation import MODES, MS, Network, Prober, Probes, S, Service, Span

_ALL = 2**32
_GOLDEN = 2654435769


def evenly(least: int, most: int) -> st.SearchStrategy[int]:
    """Draw from the whole range alike, and ``least`` in the simplest case."""
    return st.integers(0, _ALL - 1).map(lambda n: least + n * _GOLDEN % _ALL * (most - least) // _ALL)


def times(least_ns: int, most_ns: int) -> st.SearchStrategy[int]:
    """Draw from the whole range, and now and then what Hypothesis prefers: mostly very close to the least."""
    return evenly(least_ns, most_ns) | evenly(least_ns, most_ns) | st.integers(least_ns, most_ns)


APART_NS = 300 * MS
"""A loop that stands still cannot begin to stand still."""

NETWORKS = st.builds(
    Network,
    lost=st.sampled_from([0, 0, 0.005, 0.05]),
    slow=st.sampled_from([0, 0, 0.02, 0.2]),
    slow_ns=st.sampled_from([20 * MS, 100 * MS, 400 * MS]),
    uneven=st.booleans(),
)
"""Mostly calm; else some requests are lost, or held up, or take their time anywhere on their way."""

LATENCIES = times(1 * MS, 60 * MS)
JITTERS = st.sampled_from([0, 5 * MS, 200 * MS])
_BEGINS = times(2 * S, 4 * S)
_LENGTHS = times(1 * MS, 2 * S) | times(2 * S, 5 * S)
_PAUSES = times(1 * MS, 1 * S) | times(1 * S, 6 * S)
_OUTAGES = st.tuples(_LENGTHS, _PAUSES, st.sampled_from(MODES))
_MORE = st.lists(_OUTAGES, max_size=2)
SHARES = evenly(0, 1_000_000).map(lambda millionths: millionths / 1_000_000)
_STALL = st.tuples(st.none() | st.integers(0, 7), SHARES, times(10 * MS, 300 * MS) | times(160 * MS, 1500 * MS))
STALLS = st.lists(_STALL, max_size=3)
"""Up to three standstills of up to 1.5 s: anywhere, or up to a second before the instant of this number."""
_PROBERS = st.tuples(
    st.sampled_from([20 * MS, 50 * MS, 100 * MS, 200 * MS, 330 * MS]),
    st.sampled_from([1000 * MS, 2000 * MS]),
    st.sampled_from([0, 0, 5 * MS, 20 * MS]),
)


def stalled(
    drawn: list[tuple[int | None, float, int]], last_ns: int, near: list[int], least_ns: int = 0
) -> tuple[Span, ...]:
    """Return what was drawn of `STALLS` as spans, in order and apart."""
    begins = [
        (round(where * last_ns) if which is None else max(0, near[which % len(near)] - round(where * S)), length)
        for which, where, length in drawn
    ]
    kept: list[Span] = []
    for begin, length in sorted(begins):
        if not kept or begin > kept[-1][1] + APART_NS:
            kept.append((begin, begin + max(length, least_ns)))
    return tuple(kept)


@st.composite
def drills(draw: st.DrawFn) -> tuple[Service, Prober]:
    """A service that goes down once or more within 20 s, and whoever probes it at some rate, closer or not."""
    begin, spans = draw(_BEGINS), []
    for length, pause, mode in [draw(_OUTAGES), *draw(_MORE)]:
        if begin + length <= 17 * S:
            spans.append((begin, begin + length, mode))
        begin += length + pause
    edges = [edge for span in spans for edge in span[:2]]
    interval_ns, timeout_ns, extra_ns = draw(_PROBERS)
    service = Service(
        down=tuple(span[:2] for span in spans), modes=tuple(map(itemgetter(2), spans)),
        latency_ns=draw(LATENCIES), jitter_ns=draw(JITTERS), network=draw(NETWORKS),
    )  # fmt: skip
    return service, Prober(
        end=22 * S, interval_ns=interval_ns, timeout_ns=timeout_ns, extra_ns=extra_ns,
        stalls=stalled(draw(STALLS), 20 * S, edges),
    )  # fmt: skip


DRILLS = drills()
SEEDS = st.integers(0, 2**32)
WINDOWS = st.sampled_from([1200 * MS, 3 * S])
CUTS = st.just(1.0) | SHARES


def traits(service: Service, prober: Prober, record: Probes) -> dict[str, bool]:
    """Return which features one drawn record has, by their names in docs/simulations.md."""
    bad = (record.result >= Result.SLOW) & (record.result < Result.SKIPPED)
    came = record.done[(record.result != Result.INVALID) & (record.status > 0)]
    edges = [edge for span in service.down for edge in span]
    return {
        **{f"an outage: {mode}": mode in service.modes for mode in MODES},
        "two or more outages": len(service.down) > 1,
        "outages closer together than 1.2 s": any(b[0] - a[1] < 1200 * MS for a, b in pairwise(service.down)),
        "a request lost, or held up for too long, by itself": bool((bad & (record.failed_from == record.sent)).any()),
        "heavy tail of latencies": service.network.slow > 0,
        "a reply overtakes another": bool((np.diff(came) < 0).any()),
        "the observer stands still": bool(prober.stalls),
        "for too short to be seen in its heartbeats": any(b - a < 150 * MS for a, b in prober.stalls),
        "across the start or end of an outage": any(a < edge < b for a, b in prober.stalls for edge in edges),
        "a probe not sent, or spoilt, by a standstill": bool((record.result == Result.INVALID).any()),
        "extra probes": bool(record.extra.any()),
        "an outage that no probe met": any(
            not (bad & (record.failed_from == begin)).any() for begin, _ in service.down
        ),
    }
