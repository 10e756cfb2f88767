"""A wall clock that was set while a drill ran: said, and felt by nothing but what was told by it."""

import pytest

from blackstart import judge
from blackstart.judge.wall_clock import WallClock, widened

from .run_folder import ZERO, Drill, append, change, ns, wall, without

NS = 1_000_000_000
DETECTED = {"earliest": ns(10.9), "at": ns(11), "latest": ns(11.1), "source": "CloudWatch alarm errors: to ALARM"}


@pytest.fixture
def verdict_with(tmp_path):
    """Judge a drill whose wall clock went ahead by so much before the observer started, and before it ended."""

    def judged(at_start_s=0.0, at_end_s=0.0, clock="wall", **drill):
        folder = Drill(**drill).write(tmp_path / f"run-{len(list(tmp_path.iterdir()))}")
        change(folder / "history" / "clock.json", lambda it: it.update(wall=wall(1 + at_start_s)))
        change(folder / "history" / "observer.json", lambda it: it.update(wall=wall(45 + at_end_s)))
        without(folder / "events.jsonl", lambda line: line.get("name") == "detected")
        append(folder / "events.jsonl", t=ns(12), event="phase", name="detected", **DETECTED, clock=clock)
        return judge.run(folder)

    return judged


def at(verdict, name):
    return next(phase["at"] for phase in verdict["phases"] if phase["name"] == name)


def said(verdict, words):
    return [words in reason for reason in verdict["reasons"]].count(True)


def test_without_a_step_nothing_is_said_and_nothing_is_wider(verdict_with):
    verdict = verdict_with(at_end_s=0.05)
    assert not said(verdict, "wall clock")
    assert at(verdict, "detected") == {"point_s": 11.0, "earliest_s": 10.9, "latest_s": 11.1}


@pytest.mark.parametrize(("step_s", "words"), [(3600.0, "forward by 3600.000 s"), (-0.8, "back by 0.800 s")])
def test_a_step_is_said_and_widens_what_was_told_by_the_wall_clock(verdict_with, step_s, words):
    still, verdict = verdict_with(), verdict_with(at_end_s=step_s)
    assert said(verdict, f"the wall clock was set {words}") == 1
    assert said(verdict, f"within {abs(step_s):.3f} s: detected") == 1
    assert said(verdict, "lag metrics were asked for by the wall clock") == 1
    low, high = pytest.approx(10.9 - abs(step_s)), pytest.approx(11.1 + abs(step_s))
    assert at(verdict, "detected") == {"point_s": 11.0, "earliest_s": low, "latest_s": high}
    rest = [
        {**it, "phases": [p for p in it["phases"] if p["name"] != "detected"], "reasons": 0} for it in (still, verdict)
    ]
    assert rest[0] == rest[1]  # durations and all other phases are of the monotonic clock
    assert verdict["outcome"] == "met"


def test_a_step_before_the_observer_started_counts_as_well(verdict_with):
    assert said(verdict_with(at_start_s=60, at_end_s=60), "set forward by 60.000 s") == 1


def test_a_clock_that_was_set_there_and_back_has_misled_all_the_same(verdict_with):
    verdict = verdict_with(at_start_s=2.0)
    assert said(verdict, "set forward by 2.000 s and back by 2.000 s") == 1
    assert at(verdict, "detected")["latest_s"] == pytest.approx(13.1)


def test_a_phase_of_the_monotonic_clock_stays_as_it_is(verdict_with):
    verdict = verdict_with(at_end_s=3600, clock=None)
    assert at(verdict, "detected") == {"point_s": 11.0, "earliest_s": 10.9, "latest_s": 11.1}
    assert not said(verdict, "told by a wall clock")


def test_a_phase_that_a_step_put_before_the_fault_is_not_dropped(verdict_with, tmp_path):
    folder = Drill().write(tmp_path / "run")
    change(folder / "history" / "observer.json", lambda it: it.update(wall=wall(45 - 4)))
    without(folder / "events.jsonl", lambda line: line.get("name") == "detected")
    early = {**DETECTED, "earliest": ns(8.9), "at": ns(9), "latest": ns(9.1)}
    append(folder / "events.jsonl", t=ns(12), event="phase", name="detected", **early, clock="wall")
    found = at(judge.run(folder), "detected")
    assert found["earliest_s"] <= 11.0 <= found["latest_s"]


def test_a_declaration_by_the_wall_clock_widens_the_recovery_that_counts_from_it(tmp_path):
    folder = Drill(rto_clock="declared", rto_s=6.0).write(tmp_path / "run")
    change(folder / "history" / "observer.json", lambda it: it.update(wall=wall(45 + 1)))
    change_declared(folder)
    verdict = judge.run(folder)
    assert verdict["rto"]["latest_s"] > 6.0
    assert verdict["outcome"] == "inconclusive"


def change_declared(folder):
    without(folder / "events.jsonl", lambda line: line.get("name") == "declared")
    when = {"earliest": ns(11.5), "at": ns(11.5), "latest": ns(11.5)}
    append(folder / "events.jsonl", t=ns(12), event="phase", name="declared", **when, source="paging", clock="wall")


@pytest.mark.parametrize("pair", [(None, wall(0)), (ZERO, None), (ZERO, "2026-11-22"), ("x", wall(0)), (ZERO, 7)])
def test_an_anchor_that_is_none_says_nothing(pair):
    clock = WallClock.of((ZERO, wall(0)), pair)
    assert (clock.step_s, clock.off_ns, clock.was_set) == (None, 0, None)


def test_bounds_that_were_not_recorded_are_made_from_the_instant():
    (phase,) = widened([{"at": 5 * NS, "clock": "wall"}], WallClock((0, NS)))
    assert (phase["earliest"], phase["latest"]) == (4 * NS, 6 * NS)
