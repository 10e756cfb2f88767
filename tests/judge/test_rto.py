"""The recovery time in the verdict: by every clock, never without a recovery, never from an unsteady start."""

import pytest

from .run_folder import Drill, append, ns, without
from .spoiling import INTENDED, holds, says


def test_the_other_clocks_are_judged_by_their_own_zero(verdict_on):
    assert holds(verdict_on(Drill(rto_clock="declared"))["rto"], 5.5)
    assert holds(verdict_on(Drill(rto_clock="first_failure"))["rto"], 6.9)
    unknown = verdict_on(Drill(rto_clock="lunch"))
    assert (unknown["outcome"], unknown["rto"]) == ("inconclusive", None)
    assert says(unknown, "'lunch'")


def test_without_a_declaration_its_clock_measures_nothing(verdict_on):
    spoil = lambda run: without(run / "events.jsonl", lambda line: line.get("name") == "declared")  # noqa: E731
    verdict = verdict_on(Drill(rto_clock="declared"), spoil)
    assert (verdict["outcome"], verdict["rto"]) == ("inconclusive", None)
    assert says(verdict, "the declaration was is not recorded")


class TestNeverRecovered:
    NEVER = Drill(orders_down=((10.1, 99.0),), failback_at=None, mode="503", rpo_s=None)

    def test_it_is_missed_when_watched_beyond_the_objective(self, verdict_on):
        verdict = verdict_on(self.NEVER.with_(rto_s=20.0))
        assert (verdict["outcome"], verdict["rto"], verdict["downtime"]) == ("missed", None, None)
        assert says(verdict, "orders were never accepted again after the fault; last refusal 503")
        ends = {outage["observer"]: outage["end"] for outage in verdict["outages"]}
        assert ends["orders"] is None
        assert ends["accelerator"] is not None

    def test_it_is_inconclusive_when_the_drill_ended_before_the_objective(self, verdict_on):
        verdict = verdict_on(self.NEVER.with_(rto_s=60.0))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "orders were never accepted again", "the objective is 60 s")

    def test_a_relapse_that_lasts_is_no_recovery(self, verdict_on):
        verdict = verdict_on(self.NEVER.with_(orders_down=((10.1, 13.0), (19.0, 99.0)), rto_s=20.0))
        assert (verdict["outcome"], verdict["rto"], verdict["downtime"]) == ("missed", None, None)

    def test_recovery_by_the_putting_back_alone_is_none(self, verdict_on):
        drill = Drill(orders_down=((10.1, 31.0),), rto_s=15.0, rpo_s=None)
        verdict = verdict_on(drill)
        assert verdict["outcome"] == "missed"
        assert verdict["rto"] is None

    def test_a_recovery_too_fresh_to_be_one_is_inconclusive(self, verdict_on):
        verdict = verdict_on(Drill(orders_down=((10.1, 28.0),), rpo_s=None, rto_s=60.0))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "not for the whole stabilisation window")

    def test_the_cause_is_named_beside_it(self, verdict_on):
        failed = {
            "t": ns(14), "event": "activity", "section": "method", "name": "promote standby database",
            "type": "action", "started": ns(12), "ended": ns(14), "status": "failed", "error": "no replica",
        }  # fmt: skip
        verdict = verdict_on(self.NEVER.with_(rto_s=20.0, extra_events=(failed,)))
        assert verdict["outcome"] == "missed"
        assert says(verdict, "activity 'promote standby database' failed: no replica")


class TestNoOutage:
    SHIFT = Drill(fault=(10.1, 10.1), accelerator_down=(), orders_down=(), rpo_s=None, survivors_read=False)

    def test_it_is_met_by_what_could_hide_between_two_probes(self, verdict_on):
        verdict = verdict_on(self.SHIFT.with_(rto_s=1.0))
        assert verdict["outcome"] == "met"
        assert verdict["rto"]["point_s"] == verdict["rto"]["earliest_s"] == 0
        assert 0.1 < verdict["rto"]["latest_s"] < 0.5
        assert says(verdict, "accelerator saw no outage", "orders saw no outage")
        assert next(phase for phase in verdict["phases"] if phase["name"] == "first_failure")["at"] is None

    def test_it_is_not_met_when_a_shorter_one_is_promised_than_could_be_seen(self, verdict_on):
        assert verdict_on(self.SHIFT.with_(rto_s=0.1))["outcome"] == "inconclusive"

    def test_the_first_failure_s_clock_has_the_same_bounds(self, verdict_on):
        verdict = verdict_on(self.SHIFT.with_(rto_s=1.0, rto_clock="first_failure"))
        assert verdict["outcome"] == "met"
        assert verdict["rto"]["latest_s"] > 0.1


@pytest.mark.parametrize(
    "drill",
    [
        Drill(accelerator_down=((5.0, 5.5), (10.1, 16.0))),
        Drill(orders_down=((9.0, 17.0),)),
        Drill(accelerator_down=((0.0, 16.0),)),
    ],
)
def test_a_system_that_was_not_steady_before_the_fault_proves_nothing(verdict_on, drill):
    verdict = verdict_on(drill)
    assert verdict["outcome"] == "inconclusive"
    assert says(verdict, "not steady: ")


def test_too_short_a_baseline_proves_nothing(verdict_on):
    verdict = verdict_on(Drill(fault=(1.2, 1.3), accelerator_down=((1.25, 16.0),)))
    assert verdict["outcome"] == "inconclusive"
    assert says(verdict, "accelerator had 2 good probes before the fault")


def test_an_observer_that_slept_too_long_proves_nothing_and_one_that_slept_a_little_widens_the_bounds(verdict_on):
    calm, drowsy = verdict_on(Drill()), verdict_on(Drill(stalls=((ns(16.5), ns(17.9)),)))
    assert drowsy["outcome"] == "met"
    assert holds(drowsy["rto"], 6.9)
    assert drowsy["rto"]["latest_s"] > calm["rto"]["latest_s"] + 0.5
    asleep = verdict_on(Drill(stalls=((ns(20), ns(23)),)))
    assert asleep["outcome"] == "inconclusive"
    assert says(asleep, "the observer stood still for 3.")


def test_trouble_after_the_putting_back_is_not_the_recovery_s(verdict_on):
    brief = verdict_on(Drill(orders_down=((10.1, 17.0), (30.5, 31.5))))
    assert brief["outcome"] == "met"
    assert holds(brief["rto"], 6.9)
    assert [o["during"] for o in brief["outages"] if o["observer"] == "orders"] == ["drill", "afterwards"]
    lasting = verdict_on(Drill(orders_down=((10.1, 17.0), (30.5, 99.0)), rpo_s=None))
    assert lasting["outcome"] == "inconclusive"
    assert says(lasting, "orders was not well for good after the putting back")


def test_an_undo_outside_of_the_method_is_a_putting_back_and_one_within_it_is_a_step(verdict_on):
    late = Drill(orders_down=((10.1, 17.0),), failback_at=None, rto_s=5.0)

    def undo_at(seconds):
        def spoil(run):
            intended = {**INTENDED, "role": "undo", "id": 9, "t": ns(seconds)}
            append(run / "undo.jsonl", **intended)
            append(run / "undo.jsonl", id=9, event="acted", called_at=ns(seconds), returned_at=ns(seconds))
            append(run / "undo.jsonl", id=9, event="proved", evidence="back")

        return spoil

    assert verdict_on(late, undo_at(16.0))["rto"] is None
    assert holds(verdict_on(late, undo_at(13.0))["rto"], 6.9)
    assert holds(verdict_on(late, undo_at(30.0))["rto"], 6.9)


def test_a_relapse_before_the_putting_back_counts(verdict_on):
    verdict = verdict_on(Drill(orders_down=((10.1, 13.0), (19.0, 20.0))))
    assert holds(verdict["rto"], 9.9)
    assert len([o for o in verdict["outages"] if o["observer"] == "orders"]) == 2
