"""Swimlanes: each bar runs from the phase before to its own, and shows the bounds of its end."""

import pytest

from blackstart.report.record import read
from blackstart.report.swimlane import LANES, swimlanes


def lanes(folder):
    return {lane.key: lane for lane in swimlanes(read(folder)).lanes}


def test_the_lanes_stand_in_order_each_with_its_work(make):
    found = lanes(make())
    assert list(found) == list(LANES)
    assert [bar.label for bar in found["decision"].bars] == ["declared after 1.21 s"]
    assert [bar.label for bar in found["database"].bars] == ["promoted after 1.40 s"]
    assert [bar.label for bar in found["capacity"].bars] == ["capacity ready after 2.29 s"]
    assert [bar.label for bar in found["traffic"].bars] == ["routed after 0.800 s"]
    assert [bar.label for bar in found["service"].bars] == ["outage of 6.07 s"]


def test_a_bar_begins_where_the_one_before_ended(make):
    found = lanes(make())
    (declared,), (promoted,), (capacity,) = (found[key].bars for key in ("decision", "database", "capacity"))
    assert promoted.left == declared.right
    assert capacity.left == promoted.right
    # The bounds 4.60 to 4.95 s of an end at 4.90 s: to scale on one axis.
    per_s = (capacity.right - capacity.left) / 2.29
    assert capacity.right - capacity.low == pytest.approx(0.3 * per_s, abs=0.01)
    assert capacity.high - capacity.right == pytest.approx(0.05 * per_s, abs=0.01)


def test_an_automated_failover_may_scale_before_it_promotes(make):
    phases = make.verdict()["phases"]
    for phase in phases:
        if phase["name"] == "capacity":
            phase["at"] = make.interval(9.8, 9.7, 9.9)
    found = lanes(make("x", change={"phases": phases}))
    assert [bar.label for bar in found["capacity"].bars] == ["capacity ready after 0.588 s"]
    assert [bar.label for bar in found["database"].bars] == ["promoted after 0.810 s"]
    assert "from capacity ready to standby promoted" in found["database"].text


def test_the_fault_is_in_force_until_it_was_undone(make):
    undo = make.acts()
    undo[3] |= {"t": make.at(19)}
    (bar,) = lanes(make("x", undo=undo))["fault"].bars
    assert bar.label == "eu-west-1 · ended +11.0 s"
    assert bar.beyond
    (bar,) = lanes(make("y", undo=undo[:3]))["fault"].bars
    assert bar.label == "eu-west-1 · not ended on record"


def test_every_fault_has_a_bar(make):
    fault = make.verdict()["faults"][0]
    second = fault | {"target": "the cache", "injected_at": make.interval(10, 9.9, 10.1)}
    found = lanes(make("x", change={"faults": [fault, second]}))["fault"]
    assert [bar.label.split(" · ")[0] for bar in found.bars] == ["eu-west-1", "the cache"]
    assert found.bars[0].left < found.bars[1].left


def test_what_was_not_observed_has_no_bar_and_says_so(make):
    phases = [phase for phase in make.verdict()["phases"] if phase["name"] in ("fault", "recovered")]
    found = lanes(make("x", change={"phases": phases}))
    assert found["database"].bars == ()
    assert found["database"].text == "Database: not observed"
    assert [bar.label for bar in found["service"].bars] == ["outage of 6.12 s"]


def test_what_was_ready_before_the_fault_says_so(make):
    phases = make.verdict()["phases"]
    for phase in phases:
        if phase["name"] == "capacity":
            phase["at"] = make.interval(6, 5, 6.1)
    found = lanes(make("x", change={"phases": phases}))
    assert [bar.label for bar in found["capacity"].bars] == ["capacity ready before the fault"]
    assert found["capacity"].bars[0].left == found["capacity"].bars[0].low
    assert [bar.label for bar in found["traffic"].bars] == ["routed after 3.09 s"]


def test_a_drill_without_an_outage_says_so(make):
    phases = [phase for phase in make.verdict()["phases"] if phase["name"] != "first_failure"]
    for phase in phases:
        if phase["name"] == "recovered":
            phase["at"] = make.interval(8, 7.98, 8.3)
    found = lanes(make("x", change={"phases": phases}))
    assert [bar.label for bar in found["service"].bars] == ["no outage seen"]


def test_the_picture_spans_every_fault_that_was_answered(make):
    recoveries = [{"fault": "a", "at": make.interval(20, 20, 20), "rto": make.interval(2, 1, 3)}]
    ticks = swimlanes(read(make("x", change={"recoveries": recoveries}))).ticks
    assert ticks[-1].label == "+15 s"
    assert swimlanes(read(make("y"))).ticks[-1].label == "+6 s"


def test_faults_on_one_target_end_each_at_its_own_time(make):
    undo = [line for line in make.acts() if line["id"] == 1][:3]
    undo += [line | {"id": 9} for line in undo]
    undo += [{"id": 1, "event": "undone", "t": make.at(9)}, {"id": 9, "event": "undone", "t": make.at(12)}]
    fault = make.verdict()["faults"][0]
    found = lanes(make("x", undo=undo, change={"faults": [fault, fault]}))["fault"]
    assert [bar.label.split(" · ")[1] for bar in found.bars] == ["ended +1.00 s", "ended +4.00 s"]


def test_no_fault_no_work(make):
    found = lanes(make("x", change={"phases": [], "faults": []}, undo=[]))
    assert not any(lane.bars for lane in found.values())


def test_slowness_after_the_recovery_is_told_apart_from_the_outage(make):
    warm = {"name": "warm", "at": make.interval(15.5, 15.0, 16.0), "source": "p95"}
    found = lanes(make("x", change={"phases": [*make.verdict()["phases"], warm]}))["service"]
    assert [(bar.look, bar.label) for bar in found.bars] == [
        ("outage", "outage of 6.07 s"),
        ("cold", "slow for 1.38 s"),
    ]


def test_the_objective_is_drawn_where_it_falls_into_the_picture(make):
    objectives = make.verdict()["objectives"]
    assert swimlanes(read(make())).limit is None
    near = swimlanes(read(make("x", change={"objectives": objectives | {"rto_s": 5}}))).limit
    assert near is not None
    assert 0 < near < 100
    declared = objectives | {"rto_s": 5, "rto_clock": "declared"}
    assert swimlanes(read(make("y", change={"objectives": declared}))).limit is None
