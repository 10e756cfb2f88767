import asyncio
import time

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from blackstart.observer.closer_look import CALM_NS, Budget, CloserLook, Suspicion
from blackstart.observer.pace import Pacer
from blackstart.observer.plan import Adaptive

MS = 1_000_000
S = 1_000_000_000


@given(st.integers(1, 1000), st.lists(st.integers(0, 50 * MS), min_size=1, max_size=300))
def test_a_budget_is_never_overdrawn(most_per_s, steps):
    budget, now, taken = Budget(most_per_s), 0, 0
    for step in steps:
        now += step
        taken += budget.take(now)
    assert taken <= max(1, most_per_s * 0.02) + most_per_s * now / S


def test_a_budget_is_used_up_and_comes_back():
    budget = Budget(100)
    assert [budget.take(S) for _ in range(3)] == [True, True, False]
    assert budget.take(S + 10 * MS)
    assert not budget.take(S + 10 * MS)


@pytest.fixture
def suspicion():
    suspicion = Suspicion(20 * MS, S)
    for _ in range(50):
        suspicion.good(15 * MS)
    return suspicion


@pytest.mark.parametrize(("waited_ms", "stirred"), [(None, False), (1, False), (59, False), (61, True), (2000, True)])
def test_a_probe_that_waits_four_times_as_long_as_the_slowest_good_one_is_suspicious(suspicion, waited_ms, stirred):
    waiting = [] if waited_ms is None else [10 * S - waited_ms * MS, 10 * S]
    assert suspicion.stirred(waiting, 10 * S) is stirred


def test_a_failure_is_looked_at_until_it_has_been_calm(suspicion):
    suspicion.bad(10 * S)
    assert suspicion.stirred([], 10 * S + CALM_NS)
    assert not suspicion.stirred([], 10 * S + CALM_NS + 1)


def test_what_never_was_well_has_no_outage():
    suspicion = Suspicion(20 * MS, S)
    suspicion.bad(10 * S)
    assert not suspicion.stirred([0], 10 * S)


def test_without_any_slow_answer_two_intervals_are_patience_and_slowness_is_forgotten():
    suspicion = Suspicion(20 * MS, S)
    suspicion.good(0)
    assert not suspicion.stirred([10 * S - 40 * MS], 10 * S)
    assert suspicion.stirred([10 * S - 41 * MS], 10 * S)
    slow = Suspicion(20 * MS, S)
    slow.good(900 * MS)
    assert not slow.stirred([10 * S - 999 * MS], 10 * S)
    for _ in range(3000):
        slow.good(MS)
    assert slow.stirred([10 * S - 60 * MS], 10 * S)


@pytest.mark.parametrize(("interval_ms", "most_per_s", "least"), [(5, 400, 20), (25, 400, 0), (5, 20, 1)])
def test_extra_probes_come_between_the_ticks_within_the_budget(interval_ms, most_per_s, least):
    async def looked():
        loop = asyncio.get_running_loop()
        began_ns = time.monotonic_ns()
        ticks, sent = Pacer.every(20 * MS, began_ns), []
        closer = CloserLook(Adaptive(interval_ms, most_per_s), Budget(most_per_s), ticks, sent.append)
        closer.begin(loop, began_ns)
        closer.begin(loop, began_ns)
        await asyncio.sleep(0.5)
        closer.end()
        took_s = (time.monotonic_ns() - began_ns) / S
        count = len(sent)
        await asyncio.sleep(0.05)
        assert len(sent) == count
        return [(scheduled - began_ns) % (20 * MS) for scheduled in sent], took_s

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        places, took_s = runner.run(looked())
    assert least <= len(places) <= max(1, most_per_s * 0.02) + most_per_s * took_s
    assert len(places) == 0 or set(places) <= {5 * MS, 10 * MS, 15 * MS}
    assert interval_ms < 20 or not places
