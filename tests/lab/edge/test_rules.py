"""The accelerator's rules: every documented case as a row, and what must hold for any configuration."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackstart.lab.edge.rules import Endpoint, Group, shares
from blackstart.outcome import UsageError


def group(name: str, dial: float, *weights: int) -> Group:
    endpoints = tuple(Endpoint(f"{name}{number}", name, weight) for number, weight in enumerate(weights, 1))
    return Group(name, dial, endpoints)


A, B = ["a1"], ["b1"]
TWO = A + B
CASES = [
    # dials, healthy, wanted shares of a1 and b1
    ("the primary serves", (100, 0), TWO, (1, 0)),
    ("the dials are moved", (0, 100), TWO, (0, 1)),
    ("both at 100: the closest takes all", (100, 100), TWO, (1, 0)),
    ("failover ignores the other's dial", (100, 0), B, (0, 1)),
    ("failback of health ignores it too", (0, 100), A, (1, 0)),
    ("an unhealthy standby does not matter", (100, 0), A, (1, 0)),
    ("both at 100, primary unhealthy", (100, 100), B, (0, 1)),
    ("nothing healthy: fail open to the closest", (100, 0), [], (1, 0)),
    ("nothing healthy, dialled away: the closest all the same", (0, 100), [], (1, 0)),
    ("what a dial turns away goes to the other", (60, 100), TWO, (0.6, 0.4)),
    ("AWS's example: 50 and 50 serve everybody", (50, 50), TWO, (0.5, 0.5)),
    ("a small dial of the other takes what is turned away", (75, 10), TWO, (0.75, 0.25)),
    ("what all dials turn away is not routed", (30, 0), TWO, (0.3, 0)),
    ("no dial at all: nothing is routed", (0, 0), TWO, (0, 0)),
    ("no dial at all and one unhealthy: still nothing", (0, 0), B, (0, 0)),
    ("a part of the traffic fails over with its group", (60, 40), B, (0, 1)),
    ("a part fails over the other way", (60, 40), A, (1, 0)),
    ("a dialled part of an unhealthy group, the rest unrouted", (30, 0), B, (0, 0.3)),
]


@pytest.mark.parametrize(("dials", "healthy", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_two_regions(dials, healthy, wanted):
    routed = shares([group("a", dials[0], 128), group("b", dials[1], 128)], healthy)
    assert (routed["a1"], routed["b1"]) == pytest.approx(wanted)


def test_weights_share_within_a_group():
    assert shares([group("a", 100, 64, 192)], ["a1", "a2"]) == {"a1": 0.25, "a2": 0.75}
    assert shares([group("a", 100, 64, 192)], ["a1"]) == {"a1": 1.0, "a2": 0.0}


def test_weight_0_gets_nothing_and_its_group_fails_over():
    assert shares([group("a", 100, 0), group("b", 0, 128)], TWO) == {"a1": 0.0, "b1": 1.0}
    assert shares([group("a", 100, 0, 128)], ["a1", "a2"]) == {"a1": 0.0, "a2": 1.0}


def test_only_weight_0_is_healthy_fails_open():
    assert shares([group("a", 100, 128), group("b", 0, 0)], B) == {"a1": 1.0, "b1": 0.0}
    assert shares([group("a", 100, 0, 0)], []) == {"a1": 0.5, "a2": 0.5}


def test_failover_tries_three_more_groups():
    groups = [group(name, 100 if name == "a" else 0, 128) for name in "abcde"]
    assert shares(groups, ["d1"])["d1"] == 1
    assert shares(groups, ["e1"])["a1"] == 1  # too far: fails open


def test_a_third_group_shares_what_is_turned_away_by_its_dial():
    routed = shares([group("a", 50, 1), group("b", 20, 1), group("c", 60, 1)], ["a1", "b1", "c1"])
    assert routed == pytest.approx({"a1": 0.5, "b1": 0.125, "c1": 0.375})


def test_nobody_there_routes_nothing():
    assert shares([], []) == {}
    assert shares([group("a", 100)], []) == {}
    assert shares([group("a", 100), group("b", 0, 128)], []) == {"b1": 1.0}


@pytest.mark.parametrize("make", [lambda: group("a", -1), lambda: group("a", 101), lambda: group("a", 1, 256)])
def test_a_value_out_of_range_is_refused(make):
    with pytest.raises(UsageError):
        make()


# Percent to two places: below that, fractions of a fraction underflow, and nobody sets such a dial.
dials = st.one_of(st.sampled_from([0.0, 100.0]), st.integers(0, 10_000).map(lambda hundredths: hundredths / 100))
weights = st.lists(st.one_of(st.sampled_from([0, 128]), st.integers(0, 255)), min_size=1, max_size=3)


@st.composite
def worlds(draw):
    count = draw(st.integers(1, 4))
    groups = [group("abcd"[number], draw(dials), *draw(weights)) for number in range(count)]
    ids = [endpoint.id for each in groups for endpoint in each.endpoints]
    return groups, draw(st.sets(st.sampled_from(ids)))


def usable(groups, healthy):
    return [endpoint for each in groups for endpoint in each.usable(healthy)]


@given(worlds())
def test_shares_are_fractions_of_one(world):
    groups, healthy = world
    routed = shares(groups, healthy)
    assert set(routed) == {endpoint.id for each in groups for endpoint in each.endpoints}
    assert all(share >= 0 for share in routed.values())
    assert sum(routed.values()) <= 1 + 1e-9


@given(worlds())
def test_everything_is_routed_unless_dials_turn_it_away(world):
    groups, healthy = world
    turned_away = 0.0 if any(each.dial for each in groups[1:]) else 1 - groups[0].dial / 100
    assert sum(shares(groups, healthy).values()) == pytest.approx(1 - turned_away)


@given(worlds())
def test_only_the_usable_get_traffic_while_there_is_one(world):
    groups, healthy = world
    allowed = {endpoint.id for endpoint in usable(groups, healthy)}
    routed = {endpoint for endpoint, share in shares(groups, healthy).items() if share}
    if allowed:
        assert routed <= allowed
    else:
        assert routed <= {endpoint.id for endpoint in groups[0].endpoints}


@given(worlds())
def test_a_dial_is_the_closest_groups_share_while_it_is_healthy(world):
    groups, healthy = world
    if all(each.usable(healthy) for each in groups):
        routed = shares(groups, healthy)
        assert sum(routed[endpoint.id] for endpoint in groups[0].endpoints) == pytest.approx(groups[0].dial / 100)


@given(worlds())
def test_health_never_changes_how_much_is_routed(world):
    groups, healthy = world
    assert sum(shares(groups, healthy).values()) == pytest.approx(sum(shares(groups, []).values()))


@given(worlds())
def test_a_group_that_recovers_never_loses_by_it(world):
    groups, healthy = world
    for each in groups:
        ids = {endpoint.id for endpoint in each.endpoints if endpoint.weight}
        if ids & set(healthy) or not usable(groups, healthy) or not ids:
            continue
        before, after = shares(groups, healthy), shares(groups, healthy | ids)
        assert sum(after[i] for i in ids) >= sum(before[i] for i in ids) - 1e-9


@given(worlds())
def test_within_a_group_traffic_goes_by_weight(world):
    groups, healthy = world
    routed = shares(groups, healthy)
    for each in groups:
        for one, other in itertools.pairwise(each.usable(healthy)):
            assert routed[one.id] * other.weight == pytest.approx(routed[other.id] * one.weight)
