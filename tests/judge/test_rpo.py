"""The data loss in the verdict: what the disaster lost, what the failback lost, and what nobody read."""

import json

from .run_folder import Drill, change
from .spoiling import says


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
