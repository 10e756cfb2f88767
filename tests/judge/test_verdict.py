"""The rule that no verdict is green by accident, one way to go wrong at a time."""

import json
import shutil
from pathlib import Path

import pytest

from blackstart import judge
from blackstart.judge import phases
from blackstart.judge.acts import Act
from blackstart.judge.interval import Interval
from blackstart.judge.verdict import as_text

from .run_folder import PRIMARY, STANDBY, ZERO, Drill, append, change, ns, without

FIELDS = {
    "schema", "run", "experiment", "started_at", "clock", "environment", "fidelity", "outcome", "reasons",
    "objectives", "rto", "recovery", "downtime", "outages", "phases", "stores", "faults", "restoration", "versions",
}  # fmt: skip

GOOD = Drill()


@pytest.fixture
def verdict_on(tmp_path: Path):
    """Judge a drill after the record was changed by ``spoil(folder)``."""

    def judged(drill=GOOD, spoil=None):
        folder = drill.write(tmp_path / f"run-{len(list(tmp_path.iterdir()))}")
        if spoil is not None:
            spoil(folder)
        return judge.run(folder)

    return judged


def says(verdict, *words):
    text = "\n".join(verdict["reasons"])
    return all(word in text for word in words)


def holds(interval, truth):
    return interval["earliest_s"] <= truth <= interval["latest_s"]


def test_a_drill_that_went_well_is_met_with_all_its_figures(verdict_on):
    verdict = verdict_on(Drill(unreplicated_s=1.0))
    assert verdict["outcome"] == "met"
    assert verdict.keys() >= FIELDS
    assert verdict["schema"] == 1
    assert holds(verdict["rto"], 6.9)
    assert verdict["rto"] == verdict["recovery"]["from_fault"]
    assert holds(verdict["recovery"]["from_first_failure"], 6.9)
    assert holds(verdict["recovery"]["from_declaration"], 5.5)
    assert holds(verdict["downtime"], 6.9)
    orders = verdict["stores"]["orders"]
    assert orders["lost"] == orders["acknowledged"] - orders["survived"]
    assert 45 <= orders["lost"] <= 50
    assert holds(orders["rpo"], 0.99)
    assert orders["divergent"] is None
    assert "old primary" in orders["not_measured"]["divergent"]
    assert verdict["stores"]["orders-after-failback"]["lost"] == 0
    assert verdict["restoration"] == {"state": "restored", "remaining": []}
    assert [fault["bit"] for fault in verdict["faults"]] == [True]
    assert verdict["faults"][0]["injected_at"] == {"point_s": 10.1, "earliest_s": 10.0, "latest_s": 10.2}
    assert verdict["faults"][0]["undone"] is True
    assert abs(verdict["rto"]["point_s"] - 6.9) < 0.02
    assert says(verdict, "recovery from the fault took 6.", "acknowledged orders were lost")


def test_the_same_record_gives_the_same_bytes(tmp_path):
    folder = Drill(unreplicated_s=0.5).write(tmp_path / "run")
    first = judge.write(folder)
    text = (folder / "verdict.json").read_text()
    assert judge.write(folder) == first == json.loads(text)
    assert text == (folder / "verdict.json").read_text() == as_text(first)
    assert text.endswith("}\n")
    assert not list(folder.glob("*.part"))


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


class TestTheBounds:
    def test_an_objective_between_the_bounds_is_inconclusive(self, verdict_on):
        verdict = verdict_on(Drill(rto_s=6.9))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "lies between the bounds")

    def test_an_objective_below_the_earliest_bound_is_missed(self, verdict_on):
        verdict = verdict_on(Drill(rto_s=6.5))
        assert verdict["outcome"] == "missed"
        assert says(verdict, "missed: recovery from the fault took 6.", "the objective is 6.5 s")

    @pytest.mark.parametrize(("rpo_s", "outcome"), [(1.2, "met"), (1.0, "inconclusive"), (0.5, "missed")])
    def test_data_loss_is_judged_by_its_bounds_as_well(self, verdict_on, rpo_s, outcome):
        assert verdict_on(Drill(unreplicated_s=1.0, rpo_s=rpo_s))["outcome"] == outcome

    def test_a_store_s_own_objective_beats_the_one_for_all(self, verdict_on):
        def strict(run):
            change(run / "run.json", lambda data: data["objectives"]["stores"].update(orders={"rpo_s": 0}))

        assert verdict_on(Drill(unreplicated_s=1.0), strict)["outcome"] == "missed"

    def test_no_objective_at_all_leaves_nothing_to_judge(self, verdict_on):
        verdict = verdict_on(Drill(rto_s=None, rpo_s=None))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "nothing to judge")

    def test_an_objective_that_is_not_set_is_not_judged(self, verdict_on):
        verdict = verdict_on(Drill(rto_s=None))
        assert verdict["outcome"] == "met"
        assert says(verdict, "no recovery time objective is set")
        verdict = verdict_on(Drill(rpo_s=None, survivors_read=False))
        assert verdict["outcome"] == "met"
        assert says(verdict, "no data loss objective is set for orders")


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


class TestLoss:
    def test_losses_after_the_fault_are_never_met(self, verdict_on):
        slow = Drill(unreplicated_s=1.0, orders_down=((12.0, 17.0),))
        verdict = verdict_on(slow)
        assert verdict["outcome"] == "missed"
        assert verdict["stores"]["orders"]["lost_after_fault"]["count"] > 30
        assert says(verdict, "orders were still acknowledged up to", "after the fault, and lost")

    def test_unless_the_objective_allows_them(self, verdict_on):
        slow = Drill(unreplicated_s=1.0, orders_down=((12.0, 17.0),), lost_after_fault_allowed=True)
        assert verdict_on(slow)["outcome"] == "met"

    def test_what_the_failback_loses_is_missed(self, verdict_on):
        verdict = verdict_on(Drill(lost_after_failback=3))
        assert verdict["outcome"] == "missed"
        assert verdict["stores"]["orders-after-failback"]["lost"] == 3
        assert says(verdict, "a switchover must lose none")

    def test_what_the_disaster_lost_is_not_lost_again_by_the_failback(self, verdict_on):
        stores = verdict_on(Drill(unreplicated_s=1.0))["stores"]
        assert stores["orders"]["lost"] > 0
        assert stores["orders-after-failback"]["lost"] == 0

    def test_unread_survivors_leave_it_open(self, verdict_on):
        verdict = verdict_on(Drill(survivors_read=False))
        assert verdict["outcome"] == "inconclusive"
        orders = verdict["stores"]["orders"]
        assert orders["acknowledged"] > 0
        assert all(orders[name] is None for name in ("lost", "survived", "rpo", "holes", "lost_after_fault"))
        assert says(verdict, "data loss of orders could not be measured: the survivors (standby) were not read")

    def test_survivors_of_another_run_are_no_evidence(self, verdict_on):
        file = "history/survivors-orders-standby.json"
        verdict = verdict_on(Drill(), lambda run: change(run / file, lambda data: data.update(run="other")))
        assert verdict["outcome"] == "inconclusive"
        assert verdict["stores"]["orders"]["lost"] is None

    def test_survivors_that_no_ledger_knows_are_doubted(self, verdict_on):
        file = "history/survivors-orders-standby.json"
        stranger = lambda data: data["writers"]["1"].append([90_000, 90_004])  # noqa: E731
        verdict = verdict_on(Drill(), lambda run: change(run / file, stranger))
        assert verdict["outcome"] == "inconclusive"
        assert verdict["stores"]["orders"]["phantoms"] == 5
        assert says(verdict, "5 survivors of orders are in no ledger")

    def test_an_objective_for_a_store_without_a_ledger_is_doubted(self, verdict_on):
        def promise(run):
            change(run / "run.json", lambda data: data["objectives"]["stores"].update(files={"rpo_s": 60}))

        verdict = verdict_on(Drill(), promise)
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "data loss of files could not be measured")

    def test_the_old_primary_s_content_shows_what_diverged(self, verdict_on):
        def read_old(run):
            data = json.loads((run / "history/survivors-orders-standby.json").read_text())
            for spans in data["writers"].values():
                spans[-1][1] += 7
            data["label"] = "old-primary"
            (run / "history/survivors-orders-old-primary.json").write_text(json.dumps(data))

        assert verdict_on(Drill(), read_old)["stores"]["orders"]["divergent"] == 14


def drop(name, **match):
    def spoil(run):
        without(run / name, lambda line: all(line.get(key) == value for key, value in match.items()))

    return spoil


def event(**line):
    return lambda run: append(run / "events.jsonl", t=ns(44), **line)


def act(**line):
    return lambda run: append(run / "undo.jsonl", **line)


def setting(name, edit):
    return lambda run: change(run / name, edit)


def uninstrumented(data):
    for instrument in data["instruments"]:
        instrument["rests_on"] = False


def unread(data):
    data["instruments"].append({"name": "catalogue", "kind": "http", "rests_on": True})


INTENDED = {"event": "intended", "action": "a.b", "target": "x", "kind": "revertible", "role": "recovery"}
SPOILT = {
    "no fault in the log": (drop("undo.jsonl", id=1), "no fault was injected"),
    "the fault's call is not recorded": (drop("undo.jsonl", id=1, event="acted"), "not known whether the fault"),
    "nobody saw the fault bite": (drop("undo.jsonl", id=1, event="proved"), "nobody observed whether the fault"),
    "the fault failed": (act(id=1, event="failed", reason="denied"), "was not injected: denied"),
    "a step failed": (act(id=2, event="failed", reason="timed out"), "promote on shop failed: timed out"),
    "a step was not proved": (drop("undo.jsonl", id=2, event="proved"), "promote on shop took effect"),
    "a step took no effect": (act(id=2, event="not_proved", reason="still a reader"), "still a reader"),
    "a step ended unknown": (act(id=9, t=ns(20), **INTENDED), "not known whether a.b on x was done"),
    "an undo failed": (act(id=1, event="undo_failed", reason="gone"), "undoing blackstart.actions.disaster"),
    "a probe failed": (
        event(event="activity", section="method", name="ready?", type="probe", status="failed", error="no"),
        "activity 'ready?' failed: no",
    ),
    "a rollback failed": (
        event(event="activity", section="rollbacks", name="dial", type="action", status="failed", error="no"),
        "activity 'dial' failed",
    ),
    "no steady state before": (
        event(event="steady_state", when="before", met=False, reason="503"),
        "the steady state did not hold before the drill: 503",
    ),
    "no steady state after": (
        event(event="steady_state", when="after", met=False, reason="slow"),
        "the steady state did not hold after the drill: slow",
    ),
    "the observer died": (event(event="observer", state="died", detail="signal 9"), "the observer died: signal 9"),
    "the observer was orphaned": (
        setting("history/observer.json", lambda data: data.update(reason="orphaned")), "ended by itself (orphaned)",
    ),
    "the observer left no end": (lambda run: (run / "history/observer.json").unlink(), "left no word of its end"),
    "no window": (drop("events.jsonl", event="window"), "which window"),
    "a window longer than the data": (
        event(event="window", **{"from": ns(2), "to": ns(60)}), "accelerator delivered no data for",
    ),
    "a window that begins before the data": (
        event(event="window", **{"from": ns(-9), "to": ns(44)}), "orders delivered no data for",
    ),
    "no instrument counts": (setting("run.json", uninstrumented), "no instrument is named"),
    "an instrument recorded nothing": (setting("run.json", unread), "catalogue delivered no data at all"),
    "nothing put back": (
        event(event="restoration", state="broken", remaining=["dial"]), "not everything was put back: dial",
    ),
    "no word on putting back": (drop("events.jsonl", event="restoration"), "whether everything was put back"),
    "no heartbeat": (lambda run: (run / "history/heartbeat.bin").write_bytes(b""), "the observer stood still"),
    "no canary": (lambda run: (run / "history/canary-accelerator.bin").unlink(), "accelerator delivered no data"),
    "an empty canary": (
        lambda run: (run / "history/canary-accelerator.bin").write_bytes(b""), "accelerator delivered no data",
    ),
    "a namesake": (
        lambda run: shutil.copy(run / "history/canary-accelerator.bin", run / "history/canary-orders.bin"),
        "both named orders",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_whatever_is_missing_or_failed_is_never_met(verdict_on, name):
    spoil, reason = SPOILT[name]
    verdict = verdict_on(Drill(), spoil)
    assert verdict["outcome"] == "inconclusive"
    assert says(verdict, reason), verdict["reasons"]


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


def test_a_step_s_failure_is_told_once(verdict_on):
    failed = {"section": "method", "name": "promote", "status": "failed", "error": "shop: no replica"}

    def spoil(run):
        append(run / "events.jsonl", t=ns(14), event="activity", **failed)
        append(run / "undo.jsonl", id=2, event="failed", reason="no replica")

    reasons = verdict_on(Drill(), spoil)["reasons"]
    assert [reason for reason in reasons if "no replica" in reason] == ["activity 'promote' failed: shop: no replica"]


def test_doubt_beats_a_miss(verdict_on):
    verdict = verdict_on(Drill(rto_s=2.0), event(event="observer", state="died", detail="signal 9"))
    assert verdict["outcome"] == "inconclusive"


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


def test_an_interrupted_drill_is_aborted(verdict_on):
    verdict = verdict_on(Drill(), event(event="interrupted", signal="SIGINT", phase="promoted"))
    assert verdict["outcome"] == "aborted"
    assert verdict["reasons"] == ["interrupted by SIGINT in phase promoted"]


def test_a_refused_drill_is_refused(verdict_on):
    verdict = verdict_on(Drill(), event(event="refused", reason="wrong account"))
    assert verdict["outcome"] == "refused"
    assert verdict["reasons"] == ["refused before anything was changed: wrong account"]


def test_holding_in_the_standby_does_not_spoil_the_verdict(verdict_on):
    verdict = verdict_on(Drill(failback_at=None, restoration="holding"))
    assert verdict["outcome"] == "met"
    assert verdict["restoration"]["state"] == "holding"
    assert says(verdict, "a failback is due")


def test_a_judge_that_crashes_leaves_doubt(verdict_on, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("broken on purpose")

    for part in ("rto.check", "rpo.check", "conduct.check_faults"):
        with monkeypatch.context() as patch:
            patch.setattr(f"blackstart.judge.{part}", broken)
            verdict = verdict_on()
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "ZeroDivisionError: broken on purpose")
    for part in ("read", "of_record", "observed_phases"):
        with monkeypatch.context() as patch:
            patch.setattr(f"blackstart.judge.verdict.{part}", broken)
            verdict = verdict_on()
        assert verdict["outcome"] == "inconclusive"
        assert verdict.keys() >= FIELDS
        assert says(verdict, "ZeroDivisionError: broken on purpose")


def test_a_figure_that_json_has_no_word_for_is_a_doubt(verdict_on):
    def infinite(run):
        change(run / "run.json", lambda data: data["versions"].update(odd=float("nan")))

    verdict = verdict_on(Drill(), infinite)
    assert verdict["outcome"] == "inconclusive"
    as_text(verdict)


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


def test_the_primary_s_own_entry_point_is_reported_but_nothing_rests_on_it(verdict_on):
    verdict = verdict_on()
    alb = [outage for outage in verdict["outages"] if outage["observer"] == f"alb-{PRIMARY}"]
    assert alb
    assert alb[0]["end"] is None
    assert verdict["outcome"] == "met"


def test_times_count_from_the_run_s_zero(verdict_on):
    assert verdict_on()["clock"]["monotonic_zero_ns"] == ZERO


class TestFalseGreens:
    """Ways in which a drill was once called met without having proved anything."""

    def test_survivors_that_were_read_before_the_fault(self, verdict_on):
        verdict = verdict_on(spoil=_survivors("standby", started_ns=1))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "read before the fault")

    def test_survivors_that_were_read_from_the_lost_region(self, verdict_on):
        verdict = verdict_on(spoil=_survivors("standby", read_from=f"endpoint in {PRIMARY}"))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, f"not from {STANDBY}")

    def test_orders_that_nobody_read_back_after_the_failback(self, verdict_on):
        verdict = verdict_on(spoil=lambda run: (run / "history/survivors-orders-after-failback.json").unlink())
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "nobody read them back after the failback")

    def test_orders_that_are_there_twice(self, verdict_on):
        assert verdict_on(spoil=_survivors("standby", duplicates=3))["outcome"] == "inconclusive"

    def test_a_doubt_that_an_activity_reported(self, verdict_on):
        doubt = {"t": 1, "event": "doubt", "text": "the fault had ended by itself"}
        verdict = verdict_on(spoil=lambda run: append(run / "events.jsonl", **doubt))
        assert verdict["outcome"] == "inconclusive"
        assert "the fault had ended by itself" in verdict["reasons"]

    def test_an_activity_of_the_plan_that_never_ran(self, verdict_on):
        planned = {"method": ["pray", "hope"], "rollbacks": [], "steady_state": False}
        verdict = verdict_on(spoil=_fields("run.json", planned=planned))
        assert verdict["outcome"] == "inconclusive"
        assert "activity 'pray' of the method did not run, nor did 1 more" in verdict["reasons"]

    def test_a_steady_state_that_was_never_asked_again(self, verdict_on):
        def spoil(run):
            _fields("run.json", planned={"method": [], "rollbacks": [], "steady_state": True})(run)
            without(run / "events.jsonl", lambda line: line.get("when") == "after")

        assert verdict_on()["outcome"] == "met"
        assert verdict_on(spoil=spoil)["outcome"] == "inconclusive"

    def test_the_same_drill_without_any_of_that_is_met(self, verdict_on):
        assert verdict_on()["outcome"] == "met"


def _survivors(label, **fields):
    return _fields(f"history/survivors-orders-{label}.json", **fields)


def _fields(name, **fields):
    def spoil(run):
        path = run / name
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return spoil
