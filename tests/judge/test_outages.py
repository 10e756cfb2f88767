"""The true start, end and downtime lie within the bounds, in every way to fail, with a prober that stalls."""

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings

from blackstart.history import Result
from blackstart.judge.outages import Latency, find, widest_hole_ns
from blackstart.judge.series import judged

from .drawn import DRILLS, SEEDS, WINDOWS, traits
from .simulation import MODES, MS, Mode, Prober, S, Service, probe, probes, series
from .tally import cases, tell
from .truth import raw, untrue

W = 3 * S


def outages_of(service, prober, seed, stable_ns=W):
    counted = judged(series("canary", probe(service, prober, random.Random(seed)), prober), prober.seen_stalls)
    before = service.down[0][0] if service.down else prober.end
    return find(counted, stable_ns, Latency.before(counted, before)), counted


def holds(interval, truth):
    return interval is not None and interval.earliest <= truth <= interval.latest


@pytest.mark.simulation
@settings(max_examples=cases(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(DRILLS, SEEDS, WINDOWS)
def test_the_truth_lies_within_the_bounds(drill, seed, stable_ns):
    service, prober = drill
    note(f"seed {seed}, stable {stable_ns}, {service}, {prober}")
    record = probes(service, prober, random.Random(seed))
    counted = judged(raw(record, prober), prober.seen_stalls)
    found = find(counted, stable_ns, Latency.before(counted, service.down[0][0]))
    wrong = list(untrue(service, record, counted, found, prober, stable_ns))
    stated = {name: [getattr(outage, name) for outage in found] for name in ("start", "end", "downtime")}
    seen = {
        "no outage found": not found,
        "two or more found": len(found) > 1,
        "flaps within one": any(outage.flaps for outage in found),
        "not ended within the record": any(outage.end is None for outage in found),
    }
    tell("outages", traits(service, prober, record) | seen, stated, wrong)
    assert not wrong


@pytest.mark.parametrize("mode", MODES)
def test_each_way_to_fail_is_bounded_within_a_probe_and_its_wait(mode: Mode):
    service = Service(down=((10 * S, 15 * S),), mode=mode, jitter_ns=MS)
    (outage,), _ = outages_of(service, Prober(), seed=1)
    assert outage.failure == {
        "refused": "refused", "hang": "timeout", "drop": "timeout",
        "503": "wrong_status", "brown-out": "timeout", "resume": outage.failure,
    }[mode]  # fmt: skip
    assert abs(outage.start.point - 10 * S) <= 110 * MS
    # A frozen service answers late what was asked while it was frozen: the probes of its last second are good.
    slack = 1100 * MS if mode == "resume" else 120 * MS
    assert outage.end.latest - outage.end.earliest <= slack
    assert holds(outage.downtime, 5 * S)
    assert outage.last_status == (503 if mode == "503" else 200 if mode == "resume" and outage.last_status else 0)


def test_the_naive_formula_would_be_wrong_by_a_timeout():
    """First failed reply to first good reply: for a hang it is two seconds short. Ours is not."""
    service = Service(down=((10 * S, 15 * S),), mode="hang", jitter_ns=MS)
    (outage,), counted = outages_of(service, Prober(), seed=1)
    bad = np.flatnonzero(~counted.good)
    naive = int(counted.done[bad[-1] + 1] - counted.done[bad[0]])
    assert naive < 3.3 * S
    assert abs(outage.downtime.point - 5 * S) <= 110 * MS


def test_no_failure_is_no_outage():
    found, counted = outages_of(Service(), Prober(), seed=3)
    assert found == []
    assert 100 * MS < widest_hole_ns(counted, 5 * S, 20 * S) < 150 * MS


def test_a_stall_of_the_observer_is_no_outage():
    found, _ = outages_of(Service(), Prober(stalls=((10 * S, 12 * S),)), seed=3)
    assert found == []


def test_flaps_belong_to_one_outage_that_ends_with_the_last():
    service = Service(down=((10 * S, 12 * S), (13 * S, 14 * S), (16 * S, 17 * S)))
    (outage,), _ = outages_of(service, Prober(), seed=4)
    assert outage.flaps == 2
    assert holds(outage.start, 10 * S)
    assert holds(outage.end, 17 * S)
    assert holds(outage.first_light, 12 * S)
    assert 3.5 * S < outage.bad_ns < 4.5 * S
    assert outage.bad_probes < outage.probes


def test_what_stays_good_for_the_window_is_an_end():
    service = Service(down=((8 * S, 9 * S), (9 * S + W + 500 * MS, 15 * S)))
    first, second = outages_of(service, Prober(), seed=5)[0]
    assert holds(first.end, 9 * S)
    assert holds(second.start, 9 * S + W + 500 * MS)
    assert first.flaps == second.flaps == 0


@pytest.mark.parametrize(("left", "ended"), [(2 * S, False), (4 * S, True)])
def test_recovery_counts_only_once_the_whole_window_was_seen(left, ended):
    service = Service(down=((10 * S, 15 * S),))
    (outage,), _ = outages_of(service, Prober(end=15 * S + left), seed=6)
    assert (outage.end is not None) is ended
    assert outage.good_since is not None
    assert 14.8 * S < outage.not_before < 15 * S


def test_an_outage_without_end_has_none():
    (outage,), _ = outages_of(Service(down=((10 * S, 99 * S),), mode="503"), Prober(), seed=7)
    assert outage.end is None
    assert outage.downtime is None
    assert outage.good_since is None
    assert outage.last_status == 503
    assert outage.not_before > 29 * S


def test_an_outage_from_the_first_probe_on_has_no_start():
    (outage,), _ = outages_of(Service(down=((-S, 5 * S),)), Prober(), seed=8)
    assert outage.start is None
    assert outage.downtime is None
    assert holds(outage.end, 5 * S)


def test_skipped_and_invalid_probes_are_neither_good_nor_bad():
    service, prober = Service(down=((10 * S, 12 * S),)), Prober()
    samples = probe(service, prober, random.Random(9))
    spoilt = [
        s._replace(sent=0, done=0, result=8 + i % 2) if 10 * S <= s.scheduled <= 12 * S else s
        for i, s in enumerate(samples)
    ]
    assert find(judged(series("canary", spoilt, prober), prober.seen_stalls), W, Latency()) == []


def test_a_probe_answered_before_an_earlier_one_was_struck_is_no_proof_of_recovery():
    """Found by the search above: the service dies for a millisecond while a slow probe is under way."""
    prober = Prober(start=0, end=20 * S)
    samples = probe(Service(jitter_ns=0), prober, random.Random(1))
    struck = samples[100]
    samples[100] = struck._replace(result=Result.RESET, done=struck.sent + 130 * MS, status=0)
    samples[50] = samples[50]._replace(done=samples[50].sent + 140 * MS)
    counted = judged(series("canary", samples, prober), prober.seen_stalls)
    (outage,) = find(counted, W, Latency.before(counted, 9 * S))
    assert samples[101].done < samples[100].done <= outage.end.latest


def altered(changes):
    """A record of 20 s at 100 ms, all of it good within 10 ms but for what is changed of single probes."""
    prober = Prober(end=20 * S)
    samples = probe(Service(jitter_ns=0), prober, random.Random(1))
    for number, change in changes.items():
        samples[number] = samples[number]._replace(**change(samples[number].sent))
    counted = judged(series("canary", samples, prober), prober.seen_stalls)
    (outage,) = find(counted, W, Latency.before(counted, 9 * S))
    return samples, outage


@pytest.mark.parametrize(("overtaken", "well"), [(100, 99), (0, 0)], ids=["in the record", "the first of all"])
def test_a_probe_that_was_overtaken_does_not_show_that_the_system_was_well_when_it_was_sent(overtaken, well):
    """Found by drawing tails: it was held up on its way, and arrived after the outage that it was sent in.

    Where no probe had been answered yet, the first one is as much as is known.
    """
    samples, outage = altered({
        overtaken: lambda sent: {"done": sent + 150 * MS},
        overtaken + 1: lambda sent: {"result": Result.REFUSED, "done": sent + 5 * MS, "status": 0},
    })  # fmt: skip
    assert outage.start.earliest == samples[well].sent


def test_a_failure_alone_may_have_been_under_way_for_as_long_as_it_was_given():
    """Found by drawing tails: an outage between two probes strikes one that is still on its way, and no other."""
    timeout = {"result": Result.TIMEOUT, "status": 0}
    samples, alone = altered({100: lambda sent: timeout | {"done": sent + 2 * S}})
    assert alone.start.latest <= samples[100].sent + S + MS <= alone.end.latest <= samples[100].sent + S + 120 * MS
    _, borne_out = altered({n: lambda sent: timeout | {"done": sent + 2 * S} for n in (100, 101)})
    assert borne_out.end.latest <= samples[101].sent + 120 * MS


def test_an_answer_that_left_before_the_failure_and_came_after_it_is_no_proof_of_recovery():
    """Found by drawing the way back: it was sent before the other one was struck, and was only slow to come."""
    samples, outage = altered({
        100: lambda sent: {"result": Result.RESET, "done": sent + 130 * MS, "status": 0},
        101: lambda sent: {"done": sent + 50 * MS},
    })  # fmt: skip
    assert outage.end.latest == samples[102].done


def test_what_a_stall_kept_from_being_seen_does_not_count_as_good():
    """Found by drawing stalls: no probe of the hole counts, and the next one after it fails."""
    service = Service(down=((8 * S, 9 * S), (12500 * MS, 15 * S)))
    (outage,), _ = outages_of(service, Prober(stalls=((11 * S, 12600 * MS),)), seed=5)
    assert outage.flaps == 1
    assert holds(outage.start, 8 * S)
    assert holds(outage.end, 15 * S)


def held_until(end, each_ns, interval_ns=5 * MS):
    """Probes from 2 s before ``end`` to 3 s after it; what had waited is answered from then on, one by one."""
    prober = Prober(start=end - 6 * S, end=end + 3 * S, interval_ns=interval_ns)
    samples, answered = probe(Service(latency_ns=MS, jitter_ns=0), prober, random.Random(2)), end
    for i, sample in enumerate(samples):
        if sample.sent >= end - 2 * S:
            answered = max(answered + each_ns, sample.done)
            late = answered - sample.scheduled > S
            samples[i] = sample._replace(done=answered, result=Result.SLOW if late else Result.GOOD)
    counted = judged(series("canary", samples, prober), prober.seen_stalls)
    (outage,) = find(counted, W, Latency.before(counted, end - 3 * S))
    return outage


def test_an_end_after_a_standstill_is_dated_by_the_first_of_the_crowd():
    """Two hundred that had waited for too long are answered first, and none of them is good."""
    outage = held_until(20 * S, each_ns=300_000)
    assert outage.end.latest > 20 * S + 60 * MS
    assert abs(outage.end.point - 20 * S) < 2 * MS
    assert outage.first_light.point == outage.end.point


def test_slow_answers_that_come_as_evenly_as_they_were_asked_for_date_nothing():
    service = Service(down=((10 * S, 15 * S),), mode="brown-out", brown_out_ns=1500 * MS, jitter_ns=0)
    (outage,), _ = outages_of(service, Prober(interval_ns=20 * MS), seed=1)
    assert outage.failure == "slow"
    assert abs(outage.end.point - 15 * S) < 20 * MS


def test_no_probes_at_all():
    assert outages_of(Service(), Prober(end=0), seed=0)[0] == []
    assert widest_hole_ns(outages_of(Service(), Prober(end=0), seed=0)[1], 0, 1) is None
