"""The phases in the verdict, each by who saw it first, and the lag metric beside the loss."""

import pytest

from blackstart.judge import phases
from blackstart.judge.acts import Act
from blackstart.judge.interval import Interval

from .run_folder import STANDBY, Drill, append, ns
from .spoiling import drop, holds


class TestPhases:
    def at(self, verdict, name):
        return next(phase for phase in verdict["phases"] if phase["name"] == name)

    def test_they_stand_in_order_and_lack_what_nobody_saw(self, verdict_on):
        verdict = verdict_on(Drill(), drop("events.jsonl", event="phase"))
        names = [phase["name"] for phase in verdict["phases"]]
        assert names == [
            "fault_injected", "first_failure", "detected", "declared", "decided",
            "promoted", "capacity", "routed", "recovered", "warm",
        ]  # fmt: skip
        for name in ("detected", "declared", "capacity"):
            assert self.at(verdict, name) == {"name": name, "at": None, "source": None}

    def test_the_first_recovery_step_after_the_fault_is_the_decision(self, verdict_on):
        unsaid = drop("events.jsonl", event="phase")
        decided = self.at(verdict_on(Drill(), unsaid), "decided")
        assert decided["at"] == {"point_s": 12.0, "earliest_s": 11.999, "latest_s": 12.0}
        assert decided["source"].startswith("undo log: ")

    @pytest.mark.parametrize(("intended", "found"), [(90, False), (110, True)])
    def test_a_step_that_was_intended_before_the_fault_is_no_decision(self, intended, found):
        """So is what the system's own automation was expected to move, and moved after the fault."""
        act = Act(
            {"role": "recovery", "t": intended, "action": "x", "target": "y"},
            {"acted": {"called_at": 120, "returned_at": 130}},
        )
        assert (phases.decided([act], Interval(100, 100, 100)) is not None) == found

    def test_the_drill_s_own_word_is_taken_with_its_bounds(self, verdict_on):
        promoted = self.at(verdict_on(), "promoted")
        assert promoted == {
            "name": "promoted", "source": "runbook",
            "at": {"point_s": 13.9, "earliest_s": 13.8, "latest_s": 14.0},
        }  # fmt: skip

    def test_promotion_and_routing_are_seen_by_who_serves(self, verdict_on):
        verdict = verdict_on(Drill(), drop("events.jsonl", event="phase"))
        assert holds(self.at(verdict, "routed")["at"], 16.0)
        promoted = self.at(verdict, "promoted")["at"]
        assert promoted["point_s"] == promoted["latest_s"] >= 17.0
        assert promoted["earliest_s"] == 10.0
        assert holds(self.at(verdict, "recovered")["at"], 17.0)
        assert 17.0 <= self.at(verdict, "warm")["at"]["latest_s"] < 20.0
        assert holds(self.at(verdict, "first_failure")["at"], 10.1)

    def test_who_proves_a_phase_first_is_believed(self, verdict_on):
        late = {"t": ns(18), "event": "phase", "name": "routed", "source": "dials"}
        late |= {"earliest": ns(15), "at": ns(18), "latest": ns(18)}
        assert self.at(verdict_on(Drill(extra_events=(late,))), "routed")["source"].startswith("canary accelerator")
        early = late | {"at": ns(15.5), "latest": ns(15.6)}
        assert self.at(verdict_on(Drill(extra_events=(early,))), "routed")["source"] == "dials"

    def test_the_lag_metric_stands_beside_the_loss_under_its_own_name(self, verdict_on):
        metrics = verdict_on()["stores"]["orders"]["lag_metrics"]
        nothing_lost = dict.fromkeys(("point_s", "earliest_s", "latest_s"), -0.129)
        assert metrics == {f"lag-{STANDBY}": {"last_before_fault": 129, "most": 129, "rpo_beyond_s": nothing_lost}}

    def test_the_rpo_s_difference_to_the_lag_metric_is_told(self, verdict_on):
        orders = verdict_on(Drill(unreplicated_s=2.0))["stores"]["orders"]
        (metric,) = orders["lag_metrics"].values()
        for side in ("point_s", "earliest_s", "latest_s"):
            assert metric["rpo_beyond_s"][side] == pytest.approx(orders["rpo"][side] - 0.129)
        assert metric["rpo_beyond_s"]["earliest_s"] > 1.5

    def test_a_metric_with_a_name_keeps_it_and_where_it_had_no_value_there_is_none(self, verdict_on):
        def named(run):
            path = run / f"history/watch-lag-{STANDBY}.jsonl"
            path.write_text("")
            for t, ms in ((3, 20.5), (9, None), (20, 700.0)):
                append(path, t=ns(t), value=ms and {"metric": "AuroraGlobalDBReplicationLag", "ms": ms, "of": "then"})

        metrics = verdict_on(spoil=named)["stores"]["orders"]["lag_metrics"]
        name = f"AuroraGlobalDBReplicationLag in {STANDBY}, ms"
        assert metrics == {
            name: {
                "last_before_fault": 20.5,
                "most": 700.0,
                "rpo_beyond_s": dict.fromkeys(("point_s", "earliest_s", "latest_s"), -0.0205),
            }
        }

        def silent(run):
            path = run / f"history/watch-lag-{STANDBY}.jsonl"
            path.write_text("")
            append(path, t=ns(3), value=None)

        assert verdict_on(spoil=silent)["stores"]["orders"]["lag_metrics"] == {
            f"lag-{STANDBY}": {"last_before_fault": None, "most": None, "rpo_beyond_s": None}
        }
