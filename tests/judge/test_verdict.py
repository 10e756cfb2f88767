"""The rule that no verdict is green by accident, one way to go wrong at a time."""

import json
import shutil

import pytest

from blackstart import judge
from blackstart.judge.verdict import as_text

from .run_folder import PRIMARY, STANDBY, ZERO, Drill, append, change, ns, without
from .spoiling import INTENDED, act, drop, event, fields, holds, says, setting, survivors

FIELDS = {
    "schema", "run", "experiment", "started_at", "clock", "environment", "fidelity", "outcome", "reasons",
    "objectives", "rto", "recovery", "downtime", "outages", "phases", "stores", "faults", "restoration", "versions",
}  # fmt: skip


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


def uninstrumented(data):
    for instrument in data["instruments"]:
        instrument["rests_on"] = False


def unread(data):
    data["instruments"].append({"name": "catalogue", "kind": "http", "rests_on": True})


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
        verdict = verdict_on(spoil=survivors("standby", started_ns=1))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "read before the fault")

    def test_survivors_that_were_read_from_the_lost_region(self, verdict_on):
        verdict = verdict_on(spoil=survivors("standby", read_from=f"endpoint in {PRIMARY}"))
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, f"not from {STANDBY}")

    def test_orders_that_nobody_read_back_after_the_failback(self, verdict_on):
        verdict = verdict_on(spoil=lambda run: (run / "history/survivors-orders-after-failback.json").unlink())
        assert verdict["outcome"] == "inconclusive"
        assert says(verdict, "nobody read them back after the failback")

    def test_orders_that_are_there_twice(self, verdict_on):
        assert verdict_on(spoil=survivors("standby", duplicates=3))["outcome"] == "inconclusive"

    def test_a_doubt_that_an_activity_reported(self, verdict_on):
        doubt = {"t": 1, "event": "doubt", "text": "the fault had ended by itself"}
        verdict = verdict_on(spoil=lambda run: append(run / "events.jsonl", **doubt))
        assert verdict["outcome"] == "inconclusive"
        assert "the fault had ended by itself" in verdict["reasons"]

    def test_an_activity_of_the_plan_that_never_ran(self, verdict_on):
        planned = {"method": ["pray", "hope"], "rollbacks": [], "steady_state": False}
        verdict = verdict_on(spoil=fields("run.json", planned=planned))
        assert verdict["outcome"] == "inconclusive"
        assert "activity 'pray' of the method did not run, nor did 1 more" in verdict["reasons"]

    def test_a_steady_state_that_was_never_asked_again(self, verdict_on):
        def spoil(run):
            fields("run.json", planned={"method": [], "rollbacks": [], "steady_state": True})(run)
            without(run / "events.jsonl", lambda line: line.get("when") == "after")

        assert verdict_on()["outcome"] == "met"
        assert verdict_on(spoil=spoil)["outcome"] == "inconclusive"

    def test_the_same_drill_without_any_of_that_is_met(self, verdict_on):
        assert verdict_on()["outcome"] == "met"
