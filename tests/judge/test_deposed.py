"""The deposed primary: divergent writes, the engine's own gap and split brain, each against a drill's known truth."""

from dataclasses import replace

import pytest

from blackstart import judge
from blackstart.history import Survivors, as_ranges, read_ledger, read_survivors, write_survivors

from .run_folder import PRIMARY, RUN, Drill, append, ns, without

LOSS = Drill(unreplicated_s=1.0)


@pytest.fixture
def orders_of(tmp_path):
    """Return the verdict and its orders after ``spoil(folder)`` changed the record."""

    def judged(spoil, drill=LOSS):
        folder = drill.write(tmp_path / "run")
        spoil(folder)
        verdict = judge.run(folder)
        return verdict, verdict["stores"]["orders"]

    return judged


def old_primary(folder, *more, run=RUN):
    """Write what the old primary held: all that was acknowledged until it died."""
    ledger = read_ledger(folder / "history/ledger-orders.bin")
    held = {w: as_ranges(acknowledged(ledger, w, 0, 10.2)) + list(more) for w in (0, 1)}
    write_survivors(
        folder / "history", Survivors("orders", "old-primary", f"island in {PRIMARY}", ns(31), ns(32), run, held)
    )


def acknowledged(ledger, writer, since, until):
    """Return the writer's sequences that were acknowledged between two times."""
    rows = ledger.acknowledged & (ledger.writer == writer) & (ledger.done >= ns(since)) & (ledger.done < ns(until))
    return [int(seq) for seq in ledger.seq[rows]]


def says_gap(folder, transactions, **detail):
    append(
        folder / "events.jsonl",
        t=ns(31),
        event="old_primary",
        transactions_past_switch=transactions,
        source="tag",
        **detail,
    )


def test_what_only_the_old_primary_held_is_counted_exactly(orders_of):
    _, orders = orders_of(old_primary)
    assert orders["lost"] > 40
    assert orders["divergent"] == orders["lost"]
    assert "divergent" not in orders["not_measured"]


def test_what_nobody_acknowledged_is_divergent_all_the_same(orders_of):
    _, plain = orders_of(lambda folder: old_primary(folder, (900_001, 900_003)))
    # Three sequences that no ledger wrote, of each of the two writers.
    assert plain["divergent"] == plain["lost"] + 6


def test_the_old_primary_of_another_run_tells_nothing(orders_of):
    _, orders = orders_of(lambda folder: old_primary(folder, run="another"))
    assert orders["divergent"] is None
    assert "not read" in orders["not_measured"]["divergent"]


def test_why_it_was_not_read_is_told(orders_of):
    def spoil(folder):
        append(folder / "events.jsonl", t=ns(31), event="old_primary", read=False, why="the service kept no snapshot")

    _, orders = orders_of(spoil)
    assert orders["not_measured"]["divergent"].endswith("was not read: the service kept no snapshot")


def test_the_engine_s_gap_stands_beside_the_truth_with_its_difference(orders_of):
    def spoil(folder):
        old_primary(folder)
        says_gap(folder, 55)

    _, orders = orders_of(spoil)
    assert orders["engine_gap"] == {
        "transactions": 55,
        "beyond_lost": 55 - orders["lost"],
        "beyond_divergent": 55 - orders["divergent"],
        "source": "tag",
    }


@pytest.mark.parametrize("gap", [None, "55"])
def test_an_engine_that_says_nothing_has_no_gap_and_not_zero(orders_of, gap):
    _, orders = orders_of(lambda folder: says_gap(folder, gap))
    assert orders["engine_gap"] is None
    assert "does not say" in orders["not_measured"]["engine_gap"]


def test_without_the_old_primary_the_gap_stands_beside_the_lost(orders_of):
    _, orders = orders_of(lambda folder: says_gap(folder, 55))
    assert (orders["engine_gap"]["beyond_lost"], orders["engine_gap"]["beyond_divergent"]) == (
        55 - orders["lost"],
        None,
    )


class TestSplitBrain:
    def test_what_was_lost_before_the_promotion_is_none(self, orders_of):
        verdict, orders = orders_of(lambda _: None)
        assert orders["lost"] > 40
        assert orders["split_brain"] == 0
        assert "split brain" not in " ".join(verdict["reasons"])

    def test_lost_writes_that_were_acknowledged_after_the_promotion_are_counted_and_alarmed(self, orders_of):
        def late(folder):
            path = folder / "history/survivors-orders-standby.json"
            survivors, ledger = read_survivors(path), read_ledger(folder / "history/ledger-orders.bin")
            gone = {w: set(acknowledged(ledger, w, 20, 28)[:7]) for w in (0, 1)}
            kept = {
                w: as_ranges(seq for a, b in spans for seq in range(a, b + 1) if seq not in gone[w])
                for w, spans in survivors.ranges.items()
            }
            write_survivors(folder / "history", replace(survivors, ranges=kept))

        verdict, orders = orders_of(late)
        assert orders["split_brain"] == 14
        assert "alarm: split brain: 14 orders" in " ".join(verdict["reasons"])
        assert verdict["outcome"] == "missed"

    def test_without_a_promotion_it_is_unknown(self, orders_of):
        spoil = lambda run: without(run / "events.jsonl", lambda line: line.get("name") == "promoted")  # noqa: E731
        _, orders = orders_of(spoil)
        assert orders["split_brain"] is None
        assert "no promotion" in orders["not_measured"]["split_brain"]
