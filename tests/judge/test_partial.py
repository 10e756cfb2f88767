"""Partial failure in virtual time: some requests fail at random between two instants that are known."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackstart.history import Result
from blackstart.judge.outages import Latency, find
from blackstart.judge.partial import maximum_sum
from blackstart.judge.series import judged

from .simulation import MS, Prober, S, Service, probe, series

W = 3 * S
START, END = 10 * S, 20 * S


def failing(ratio, seed, start=START, end=END, lone=()):
    """Return the outages where this part of the requests between two instants fails, and one at each lone instant."""
    prober, rng = Prober(end=30 * S, interval_ns=20 * MS), random.Random(seed)
    samples = probe(Service(jitter_ns=MS), prober, rng)
    for i, sample in enumerate(samples):
        hit = start <= sample.sent < end and rng.random() < ratio
        if hit or any(at <= sample.sent < at + 20 * MS for at in lone):
            samples[i] = sample._replace(result=Result.WRONG_STATUS, status=503)
    return find(judged(series("canary", samples, prober), prober.seen_stalls), W, Latency(2 * MS, 3 * MS))


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.7, 0.9])
def test_the_edges_and_the_share_of_what_failed(ratio):
    (outage,) = failing(ratio, seed=3)
    found = outage.partial
    assert abs(found.ratio - ratio) < 0.06
    assert found.start.earliest <= START <= found.start.latest
    assert found.end.earliest <= END <= found.end.latest
    assert found.start.latest - found.start.earliest < 5 / ratio * 20 * MS
    assert 450 <= found.probes <= 510


@pytest.mark.parametrize("ratio", [0.08, 0.25, 0.6])
def test_each_edge_is_within_its_bounds_as_often_as_they_promise_and_its_point_is_not_late_in_the_mean(ratio):
    found = [failing(ratio, seed)[0].partial for seed in range(100)]
    starts, ends = [it.start for it in found], [it.end for it in found]
    assert sum(it.earliest <= START <= it.latest for it in starts) >= 88
    assert sum(it.earliest <= END <= it.latest for it in ends) >= 88
    errors = [it.point - START for it in starts], [it.point - END for it in ends]
    assert all(abs(np.mean(each)) < 0.5 / ratio * 20 * MS for each in errors)


def test_a_lone_failure_beside_the_dense_ones_moves_no_edge():
    (outage,) = failing(0.5, seed=2, lone=(8 * S, 22 * S))
    assert outage.start.latest < 8.1 * S
    assert outage.partial.start.earliest > 9.5 * S
    assert outage.partial.end.latest < 20.5 * S


def test_few_failures_have_a_share_and_no_edges():
    (outage,) = failing(0.02, seed=3)
    assert outage.partial.start is outage.partial.end is None
    assert 0.01 < outage.partial.ratio < 0.04
    assert outage.partial.as_json(0)["start"] is None


def test_where_every_request_fails_nothing_is_partial():
    (outage,) = failing(1.0, seed=4)
    assert outage.partial is None


def test_an_outage_that_flaps_once_is_no_partial_failure():
    (outage,) = failing(0.98, seed=4)
    assert outage.flaps > 0
    assert outage.partial is None


def test_extra_probes_do_not_count():
    """Looking closer asks more often while it is bad: the share of failures is that of the canary's own rate."""
    prober, rng = Prober(end=30 * S, interval_ns=20 * MS), random.Random(5)
    samples = probe(Service(jitter_ns=MS), prober, rng)
    spoilt = [
        it._replace(result=Result.WRONG_STATUS, status=503) if START <= it.sent < END and rng.random() < 0.5 else it
        for it in samples
    ]
    raw = series("canary", spoilt, prober)
    extra = np.array([START <= it.sent < END and it.result != Result.GOOD for it in spoilt])
    extra[np.flatnonzero(extra)[::2]] = False  # of the failures, every second one came beside the own rate
    marked = type(raw)(**{**raw.__dict__, "extra": extra})
    (outage,) = find(judged(marked, prober.seen_stalls), W, Latency(2 * MS, 3 * MS))
    assert abs(outage.partial.ratio - 1 / 3) < 0.05


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=30))
def test_no_other_interval_has_a_greater_sum(weights):
    begin, stop = maximum_sum(np.array(weights, float))
    best = max(sum(weights[i:j]) for i in range(len(weights)) for j in range(i + 1, len(weights) + 1))
    assert begin < stop
    assert sum(weights[begin:stop]) == best
