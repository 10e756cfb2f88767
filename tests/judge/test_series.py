"""Which probes count, and by when a failed one proves that the system had failed."""

import random
from dataclasses import fields, replace

import numpy as np
import pytest

from blackstart.history import Result, Sample
from blackstart.judge import series as series_module
from blackstart.judge.interval import Interval
from blackstart.judge.record import nothing
from blackstart.judge.series import judged
from blackstart.judge.stalls import Stalls
from blackstart.judge.view import View

from .simulation import MS, Prober, S, Service, probe, series

PROBER = Prober(interval_ns=100 * MS, slo_ns=S, timeout_ns=2 * S)
AWAKE = Stalls()


def stalled(begin: int, end: int) -> Stalls:
    return Stalls(np.array([begin], np.int64), np.array([end], np.int64))


def one(result: Result, sent: int, done: int, scheduled: int | None = None, stalls: Stalls = AWAKE):
    when = sent if scheduled is None else scheduled
    return judged(series("canary", [Sample(0, when, sent, done, 0, result, 0, 0)], PROBER), stalls)


def test_a_timeout_proves_the_failure_by_the_time_it_should_have_been_answered():
    assert one(Result.TIMEOUT, 10 * S, 12 * S).surely_by.tolist() == [11 * S]


def test_a_refusal_proves_it_when_it_comes():
    assert one(Result.REFUSED, 10 * S, 10 * S + 3 * MS).surely_by.tolist() == [10 * S + 3 * MS]


def test_no_completion_recorded_is_bounded_by_the_objective():
    assert one(Result.OTHER, 10 * S, 0).surely_by.tolist() == [11 * S]


def test_what_the_observer_was_late_by_is_granted_to_the_system():
    assert one(Result.TIMEOUT, 10 * S, 12 * S, scheduled=10 * S - 40 * MS).surely_by.tolist() == [11 * S + 40 * MS]


def test_what_the_observer_stood_still_is_granted_to_the_system():
    counted = one(Result.TIMEOUT, 10 * S, 12 * S, stalls=stalled(10 * S + 200 * MS, 10 * S + 500 * MS))
    assert counted.surely_by.tolist() == [11 * S + 300 * MS]


@pytest.mark.parametrize(("slept", "counts"), [(0, 1), (400 * MS, 1), (1600 * MS, 0)])
def test_an_answer_that_only_the_observer_s_standstill_made_late_does_not_count(slept, counts):
    stalls = stalled(10 * S + MS, 10 * S + MS + slept) if slept else AWAKE
    assert len(one(Result.SLOW, 10 * S, 10 * S + 1600 * MS, stalls=stalls)) == counts


def test_a_wait_that_was_no_fair_trial_does_not_count():
    assert len(one(Result.TIMEOUT, 10 * S, 12 * S, stalls=stalled(10 * S, 10 * S + 1500 * MS))) == 0
    assert len(one(Result.TIMEOUT, 10 * S, 12 * S, stalls=stalled(10 * S, 10 * S + 900 * MS))) == 1


def test_what_was_never_sent_does_not_count():
    for result in (Result.SKIPPED, Result.INVALID):
        assert len(one(result, 0, 0, scheduled=10 * S)) == 0


def failing(*extra: bool):
    samples = [
        Sample(n, (10 + n) * S, (10 + n) * S, (10 + n) * S + MS, 0, Result.REFUSED, 0, 0) for n in range(len(extra))
    ]
    return judged(replace(series("canary", samples, PROBER), extra=np.array(extra)), AWAKE)


def test_extra_probes_count_no_further_clients_but_hide_no_failure():
    assert failing(False, True, True, False).failed_since(0) == 2
    assert failing(True, True).failed_since(0) == 1
    assert failing(False, True, False).failed_since(11 * S) == 1
    assert failing(False).failed_since(12 * S) == 0


def test_of_how_many_failed_counts_as_the_failures_do():
    assert failing(False, True, True, False).asked_since(0) == 2
    assert failing(False, True, False).asked_since(11 * S) == 1


def test_a_baseline_counts_the_instruments_own_probes():
    seen = failing(False, True, True, True, False)
    well = replace(seen, good=~seen.good)
    assert View(nothing("run"), {"canary": well}, Interval.exactly(99 * S)).good_before == {"canary": 2}


def test_probes_are_judged_alike_however_many_at_once(monkeypatch):
    prober = Prober(end=60 * S, interval_ns=50 * MS, stalls=((20 * S, 21 * S),))
    service = Service(down=((10 * S, 15 * S), (30 * S, 31 * S)), mode="hang")
    raw = series("canary", probe(service, prober, random.Random(3)), prober)
    whole = judged(raw, prober.seen_stalls)
    monkeypatch.setattr(series_module, "PIECE", 7)
    pieces = judged(raw, prober.seen_stalls)
    for field in fields(whole):
        assert np.array_equal(getattr(whole, field.name), getattr(pieces, field.name)), field.name


def test_neighbours_are_chosen_without_a_copy():
    counted = failing(False, True, True, False, False)
    some = counted.where(np.array([False, True, True, True, False]))
    assert np.shares_memory(some.sent, counted.sent)
    assert some.sent.tolist() == [11 * S, 12 * S, 13 * S]
    apart = counted.where(np.array([True, False, True, False, False]))
    assert apart.sent.tolist() == [10 * S, 12 * S]
    assert len(counted.where(np.zeros(5, np.bool_))) == 0
