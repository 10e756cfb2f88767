"""What is made of an observer's sight: the usual formula, the stated outages, the truth inside of bounds or not."""

import pytest

from benchmarks.ground_truth.truth import TrueOutage
from benchmarks.instruments.errors import compared, first_failure_to_first_success
from benchmarks.instruments.figures import figures
from benchmarks.instruments.observer import Bounded, Reply, SeenOutage, Sight

S = 1_000_000_000
TRUE = TrueOutage("hang", (10 * S, 10 * S), (13 * S, 13 * S))


def around(point_s: float, by_s: float) -> Bounded:
    return Bounded(point_s, point_s - by_s, point_s + by_s)


def stated(start_s: float, end_s: float, by_s: float = 0.1) -> SeenOutage:
    return SeenOutage(around(start_s, by_s), around(end_s, by_s), around(end_s - start_s, 2 * by_s))


def replies(*pairs: tuple[float, bool]) -> Sight:
    return Sight([], replies=[Reply(at, good) for at, good in pairs])


def test_the_usual_formula_goes_from_the_first_failed_reply_to_the_first_good_one_after_it():
    sight = replies((9.9, True), (11.0, False), (12.0, False), (13.2, True), (13.4, False), (13.5, True))
    assert first_failure_to_first_success(TRUE, sight.replies) == pytest.approx(2.2)
    (row,) = compared([TRUE], sight)
    assert row == {"mode": "hang", "missed": False, "error_ms": pytest.approx(-800.0)}


def test_an_outage_that_was_not_seen_counts_as_none_at_all():
    for sight in (replies((9.9, True), (13.4, True)), replies((11, False)), Sight([], outages=[])):
        (row,) = compared([TRUE], sight)
        assert row["missed"] and row["error_ms"] == -3000.0


def test_what_lies_far_from_the_truth_is_not_taken_for_it():
    (row,) = compared([TRUE], replies((2.0, False), (3.0, True), (20.0, False), (21.0, True)))
    assert row["missed"]
    (row,) = compared([TRUE], Sight([], outages=[stated(2, 3), stated(20, 21)]))
    assert row["missed"]


def test_a_stated_outage_is_compared_with_its_bounds():
    (row,) = compared([TRUE], Sight([], outages=[stated(10.05, 12.98)]))
    assert row["error_ms"] == pytest.approx(-70.0)
    assert (row["start_error_ms"], row["end_error_ms"]) == (pytest.approx(50.0), pytest.approx(-20.0))
    assert row["inside"] and row["outside_ms"] == {} and row["pieces"] == 1


def test_a_truth_outside_of_any_bound_is_told_with_how_far():
    (row,) = compared([TRUE], Sight([], outages=[stated(10.15, 13.0)]))
    assert not row["inside"]
    assert row["outside_ms"] == {"start": pytest.approx(50.0)}


def test_a_switch_that_took_time_contradicts_only_bounds_that_exclude_all_of_it():
    slow = TrueOutage("stall", (10 * S, 10 * S), (13 * S, 13 * S + S // 10))
    assert compared([slow], Sight([], outages=[stated(10, 13.0, by_s=0.01)]))[0]["inside"]
    assert not compared([slow], Sight([], outages=[stated(10, 12.98, by_s=0.01)]))[0]["inside"]


@pytest.mark.parametrize(("end_s", "error_ms"), [(13.05, 0.0), (13.12, 20.0), (12.99, -10.0)])
def test_no_error_is_counted_within_what_the_truth_is_known_to(end_s, error_ms):
    slow = TrueOutage("stall", (10 * S, 10 * S), (13 * S, 13 * S + S // 10))
    (row,) = compared([slow], Sight([], outages=[stated(10, end_s)]))
    assert row["error_ms"] == row["end_error_ms"] == pytest.approx(error_ms)
    (row,) = compared([slow], replies((10.0, False), (end_s, True)))
    assert row["error_ms"] == pytest.approx(error_ms)


def test_pieces_of_one_outage_are_taken_from_the_first_to_the_last():
    (row,) = compared([TRUE], Sight([], outages=[stated(10, 11), stated(11.5, 13)]))
    assert row["pieces"] == 2 and row["error_ms"] == pytest.approx(0.0)
    assert row["bounds_ms"] == [pytest.approx(-200.0), pytest.approx(200.0)]


def test_figures_of_errors():
    rows = [{"missed": it is None, "error_ms": it or -9.0, "inside": it == 1.0} for it in (1.0, -4.0, None)]
    of = figures(rows)
    assert (of.outages, of.missed, of.median_ms, of.worst_ms, of.bias_ms, of.inside) == (3, 1, 4.0, 9.0, -4.0, 1)
    with pytest.raises(ValueError, match="no outage"):
        figures([])
