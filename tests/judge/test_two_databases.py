"""What became of orders in virtual time, read from the ledger's file as the judge reads it: the truth is within."""

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from blackstart.history import Kind
from blackstart.judge.interval import Interval
from blackstart.judge.record import read
from blackstart.judge.stores import Store, of_ledger

from .drawn import CUTS, JITTERS, LATENCIES, NETWORKS, SEEDS, STALLS, stalled, times
from .simulation import MS, S
from .tally import cases, tell
from .truth import outside
from .two_databases import Failover, Orders, orders, write

SEEN_NS = 160 * MS
"""The heartbeats show a standstill of that length, wherever it begins; of a shorter one, nobody may ever know."""


_NEAR = times(0, 50 * MS)
_TIMES = st.tuples(
    times(3 * S, 5 * S),
    st.tuples(_NEAR, _NEAR),
    st.just(0) | times(0, 2 * S),
    times(0, 2 * S),
    times(100 * MS, 3 * S),
    st.just(0) | times(0, 2 * S),
)
_LOADS = st.tuples(st.booleans(), st.booleans(), st.integers(1, 3), st.sampled_from([10, 25, 50]))


@st.composite
def failovers(draw: st.DrawFn) -> Failover:
    """A primary that dies, at once or some time after the fault; the replication stopped up to 2 s before that."""
    at, (before, after), lived, headless, unread, unreplicated = draw(_TIMES)
    refuses, orderly, writers, rate_per_s = draw(_LOADS)
    died = at + lived
    promoted = died + headless
    read = promoted + unread
    return Failover(
        fault=Interval(at, at - before, at + after),
        replicated=died - unreplicated,
        died=died, promoted=promoted, read=read, end=read + S,
        refuses=refuses, writers=writers, rate_per_s=rate_per_s,
        latency_ns=draw(LATENCIES), jitter_ns=draw(JITTERS), network=draw(NETWORKS),
        stalls=stalled(draw(STALLS), read, [at, died, promoted, read], SEEN_NS),
        orderly=orderly,
    )  # fmt: skip


def store_of(folder, failover: Failover) -> Store:
    instrument = {"name": "orders", "store": "orders", "kind": "ledger", "rests_on": True}
    return of_ledger(read(folder), instrument, failover.fault, None)[0]


def untrue(store: Store, made: Orders, failover: Failover) -> Iterator[str]:
    """Yield each statement about the orders that is not true."""
    loss, deposed = store.loss, store.deposed
    assert loss is not None
    assert deposed is not None
    told = made.kind == Kind.ACKNOWLEDGED
    answered = (made.answered >= 0) & (made.answered < failover.read) & (made.in_old | made.by_new)
    stamped = told & ~made.survives & (made.done < failover.read)
    lost = told & ~made.survives & (made.answered < failover.read)
    really = int(np.count_nonzero(answered & ~made.survives))
    if not loss.lost <= really <= loss.lost_at_most:
        yield f"{really} were lost, not {loss.lost} to {loss.lost_at_most}"
    since = max(0, failover.fault.point - int(made.answered[lost].min())) if lost.any() else 0
    yield from outside("data loss", loss.rpo, since)
    late = int(np.count_nonzero(made.answered[lost] > failover.fault.point))
    exact = {
        "acknowledged": (loss.acknowledged, int(np.count_nonzero(told & (made.done < failover.read)))),
        "lost by name": (np.flatnonzero(loss.lost_rows).size, int(np.count_nonzero(stamped))),
        "unknown and there": (loss.recovered_unknown, int(np.count_nonzero(~told & ~refused(made) & made.survives))),
        "phantoms": (loss.phantoms, 0),
        "divergent": (deposed.divergent, int(np.count_nonzero(made.in_old & ~made.survives))),
        "surely lost after the fault": (max(loss.lost_after_fault, late), late),
    }
    yield from (f"{name}: {said}, not {true}" for name, (said, true) in exact.items() if said != true)


def refused(made: Orders):
    return made.kind == Kind.FAILED


@pytest.mark.simulation
@settings(max_examples=cases(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(failovers(), SEEDS, CUTS)
def test_what_became_of_the_orders_lies_within_the_bounds(tmp_path, failover, seed, share):
    note(f"seed {seed}, {failover}")
    folder = tmp_path / "run"
    made = orders(failover, random.Random(seed))
    size = write(folder, failover, made)
    kept = round(share * size)
    with (folder / "history/ledger-orders.bin").open("r+b") as file:
        file.truncate(kept)
    store = store_of(folder, failover)
    if store.loss is None:
        wrong = [] if kept < size and "ledger" in (store.why or "") else [f"not measured: {store.why}"]
    else:
        wrong = list(untrue(store, made, failover))
    known = store.loss is not None
    lost = known and store.loss.lost > 0
    tell("orders", {
        "the ledger's file is cut": kept < size,
        "nothing stated, with its reason": not known,
        "orders lost": lost,
        "orders without an answer": bool((made.kind == Kind.UNKNOWN).any()),
        "unanswered, and there": known and store.loss.recovered_unknown > 0,
        "orders refused": bool(refused(made).any()),
        "acknowledged after the fault, and lost": known and store.loss.lost_after_fault > 0,
        "requests or answers lost": failover.network.lost > 0,
        "heavy tail of latencies": failover.network.slow > 0,
        "the observer stands still": bool(failover.stalls),
        "the observer dies": not failover.orderly,
    }, {"data loss": [store.loss.rpo if lost else None]}, wrong)  # fmt: skip
    assert not wrong
