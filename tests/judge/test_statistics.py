"""Statistics against published tables, and against what must hold for any numbers."""

import itertools
import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackstart.judge import statistics
from blackstart.judge.statistics import (
    change_point,
    comparisons,
    confidence,
    drills_needed,
    lower_bound,
    rank_p,
)


@pytest.mark.parametrize(
    ("share", "sure", "misses", "drills"),
    [
        # "Success run" sample sizes, as in any table of reliability demonstration tests.
        (0.80, 0.80, 0, 8),
        (0.90, 0.90, 0, 22),
        (0.90, 0.95, 0, 29),
        (0.95, 0.95, 0, 59),
        (0.99, 0.95, 0, 299),
        (0.95, 0.95, 1, 93),
        (0.95, 0.95, 2, 124),
        (0.95, 0.95, 3, 153),
    ],
)
def test_the_number_of_drills_needed_is_that_of_the_tables(share: float, sure: float, misses: int, drills: int) -> None:
    assert drills_needed(share, sure, misses) == drills


@pytest.mark.parametrize(
    ("drills", "met", "percent"),
    # Clopper & Pearson, one-sided 95 %: n of n is 0.05 ** (1 / n); the others from tables of the beta quantile.
    [(1, 1, 5.0), (3, 3, 36.84), (5, 5, 54.93), (10, 10, 74.11), (20, 20, 86.09), (10, 9, 60.58), (20, 19, 78.39)],
)
def test_the_lower_bound_is_the_exact_one(drills: int, met: int, percent: float) -> None:
    assert 100 * lower_bound(drills, met) == pytest.approx(percent, abs=0.005)


def test_thousands_of_drills_are_no_matter() -> None:
    assert 0.48 < lower_bound(5000, 2500) < 0.5
    assert drills_needed(0.95, 0.95, 100) == pytest.approx(2347, rel=0.05)


@pytest.mark.parametrize(("share", "sure"), [(0.0, 1.0), (1.0, 0.0)])
def test_the_ends_of_the_scale_are_certain(share: float, sure: float) -> None:
    assert confidence(7, 6, share) == sure


def test_no_drill_met_shows_nothing() -> None:
    assert lower_bound(7, 0) == 0.0
    assert confidence(7, 0, 0.5) == 0.0


@pytest.mark.parametrize(("drills", "met"), [(0, 0), (3, 4), (3, -1)])
def test_impossible_counts_are_refused(drills: int, met: int) -> None:
    with pytest.raises(ValueError, match="drills"):
        lower_bound(drills, met)


@pytest.mark.parametrize(("share", "sure"), [(1.0, 0.95), (0.0, 0.95), (0.9, 1.0)])
def test_certainty_needs_no_number_of_drills(share: float, sure: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        drills_needed(share, sure)


counts = st.integers(1, 150).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(counts)
def test_a_bound_never_promises_more_than_was_seen(given_: tuple[int, int]) -> None:
    drills, met = given_
    assert 0 <= lower_bound(drills, met) <= met / drills


@given(counts)
def test_bound_and_confidence_are_two_sides_of_one_statement(given_: tuple[int, int]) -> None:
    drills, met = given_
    if met:
        assert confidence(drills, met, lower_bound(drills, met)) == pytest.approx(0.95, abs=1e-9)


@given(counts)
def test_one_more_drill_that_meets_raises_the_bound_and_one_that_misses_lowers_it(given_: tuple[int, int]) -> None:
    drills, met = given_
    assert lower_bound(drills + 1, met + 1) >= lower_bound(drills, met) >= lower_bound(drills + 1, met)


@given(st.floats(0.05, 0.98), st.floats(0.05, 0.98), st.integers(0, 5))
def test_the_drills_needed_suffice_and_one_fewer_does_not(share: float, sure: float, misses: int) -> None:
    drills = drills_needed(share, sure, misses)
    assert lower_bound(drills, drills - misses, sure) >= share - 1e-9
    if drills - 1 > misses:
        assert lower_bound(drills - 1, drills - 1 - misses, sure) < share


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_bound_covers_as_often_as_it_says(drills: int, share: float) -> None:
    """Summed over every outcome that a true share can give: it is too high in at most 5 % of all cases."""
    wrong = math.fsum(
        math.comb(drills, met) * share**met * (1 - share) ** (drills - met)
        for met in range(drills + 1)
        if lower_bound(drills, met) > share + 1e-12
    )
    assert wrong <= 0.05 + 1e-9


def test_ranks_agree_with_the_published_distribution_of_u() -> None:
    # Mann & Whitney 1947, table for n = 3, m = 3..5: Pr(U <= 0), Pr(U <= 1), Pr(U <= 2).
    assert rank_p([1, 2, 3], [4, 5, 6]) == pytest.approx(0.05, abs=0.0005)
    assert rank_p([1, 2, 4], [3, 5, 6]) == pytest.approx(0.10, abs=0.0005)
    assert rank_p([1, 2, 3, 4], [5, 6, 7]) == pytest.approx(0.028, abs=0.0006)
    assert rank_p([1, 2, 3, 4, 5], [6, 7, 8]) == pytest.approx(0.018, abs=0.0005)
    assert rank_p([1, 2, 3, 4, 6], [5, 7, 8]) == pytest.approx(0.036, abs=0.0005)


values = st.lists(st.integers(1, 9).map(float), min_size=1, max_size=7)


@given(values, st.lists(st.integers(1, 9).map(float), min_size=1, max_size=4))
def test_the_probability_is_that_of_counting_every_split(earlier: list[float], newest: list[float]) -> None:
    pooled = [*earlier, *newest]
    rank = {value: sum(v < value for v in pooled) + (pooled.count(value) + 1) / 2 for value in pooled}
    sums = [sum(rank[v] for v in split) for split in itertools.combinations(pooled, len(newest))]
    expected = sum(total >= sum(rank[v] for v in newest) for total in sums) / len(sums)
    assert rank_p(earlier, newest) == pytest.approx(expected)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=37))
def test_one_drill_never_makes_a_regression_of_fewer_than_39_earlier_ones(earlier: list[float]) -> None:
    alone = comparisons([*earlier, 1000.0])[0]
    assert alone.p >= 1 / (len(earlier) + 1) - 1e-12
    assert alone.least_p == pytest.approx(1 / (len(earlier) + 1))
    assert not alone.regression
    assert not alone.decidable


def test_three_slow_drills_after_five_are_a_regression() -> None:
    alone, three = comparisons([5.0, 5.1, 5.2, 4.9, 5.3, 8.0, 8.2, 9.0])
    assert not alone.regression
    assert three.decidable
    assert three.p == pytest.approx(1 / 56)
    assert three.growth == pytest.approx((8.2 - 5.1) / 5.1)
    assert three.regression


def test_a_certain_but_small_growth_is_no_regression() -> None:
    slower = comparisons([5.0, 5.01, 5.02, 5.03, 5.04, 5.1, 5.11, 5.12])[1]
    assert slower.p <= slower.risk
    assert not slower.regression


def test_faster_drills_are_no_regression() -> None:
    assert not any(one.regression for one in comparisons([8.0] * 10 + [2.0] * 3))


def test_equal_drills_are_no_regression() -> None:
    assert [one.p for one in comparisons([5.0] * 12)] == [1.0, 1.0]


def test_growth_from_nothing_is_not_divided_by_it() -> None:
    assert comparisons([0.0, 0.0, 1.0])[0].growth == math.inf
    assert comparisons([0.0, 0.0, 0.0])[0].growth == 0.0


def test_too_few_values_compare_with_nothing() -> None:
    assert comparisons([]) == ()
    assert comparisons([1.0]) == ()
    assert len(comparisons([1.0, 2.0, 3.0])) == 1


def test_no_change_point_is_looked_for_among_fewer_than_twenty() -> None:
    assert change_point([1.0] * 9 + [9.0] * 10) is None


def test_a_shift_is_found_where_it_happened() -> None:
    found = change_point([5.0, 5.1, 4.9, 5.2] * 3 + [7.0, 7.1, 6.9, 7.2] * 3)
    assert found is not None
    assert found.first == 12
    assert found.shown
    assert found.growth == pytest.approx((7.05 - 5.05) / 5.05)


@given(st.lists(st.integers(0, 9).map(float), min_size=20, max_size=30))
def test_the_change_point_is_where_pettitt_s_sum_is_largest(given_: list[float]) -> None:
    sums = [abs(sum((b > a) - (b < a) for a in given_[:cut] for b in given_[cut:])) for cut in range(1, len(given_))]
    found = change_point(given_)
    assert found is not None
    assert sums[found.first - 1] == max(sums)
    size = len(given_)
    assert found.p == pytest.approx(min(1.0, 2 * math.exp(-6 * max(sums) ** 2 / (size**3 + size**2))))


def test_noise_has_no_change_point() -> None:
    found = change_point([5.0, 6.0, 4.0, 5.5, 4.5] * 5)
    assert found is not None
    assert not found.shown


@given(st.lists(st.floats(0.1, 50), min_size=20, max_size=40), st.randoms(use_true_random=False))
def test_a_change_point_splits_the_series_in_two_that_are_not_empty(given_: list[float], _: object) -> None:
    found = change_point(given_)
    assert found is not None
    assert 1 <= found.first < len(given_)
    assert 0 <= found.p <= 1
    before = median(given_[: found.first])
    assert found.growth == pytest.approx((median(given_[found.first :]) - before) / before)


def test_the_thresholds_are_those_that_the_documentation_names() -> None:
    assert (statistics.FEW, statistics.CHANGE_FROM, statistics.GROWTH) == (8, 20, 0.10)
    assert drills_needed(0.8, 0.8) == statistics.FEW
