"""What repeated drills prove together: exact bounds, comparisons by rank, change points. Pure functions.

Nothing here assumes how recovery times are distributed: failovers are often bimodal, and a fitted curve's tail would
be invented. Nothing is resampled either: a bootstrap of five values cannot know the tail that it is asked for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

CONFIDENCE = 0.95
"""The confidence of every statement, unless another is asked for."""

RISK = 1 - CONFIDENCE
"""How often all comparisons of one series together may cry regression without a cause."""

FEW = 8
"""Fewer drills than this are listed one by one: 8 without a miss are the least that show 80 % with 80 % confidence."""

CHANGE_FROM = 20
"""A change point is looked for from so many drills on."""

GROWTH = 0.10
"""The effect that counts: a median that grew by less than a tenth is no regression, however certain."""


def miss_tail(drills: int, misses: int, share: float) -> float:
    """Return how probable at most so many misses are, where each drill meets its target with chance ``share``."""
    if share <= 0 or share >= 1:
        return 1.0 if share >= 1 or misses >= drills else 0.0
    return min(1.0, math.fsum(math.exp(_log_chance(drills, missed, share)) for missed in range(misses + 1)))


def _log_chance(drills: int, missed: int, share: float) -> float:
    """Return the logarithm of the chance of so many misses: thousands of drills would overflow the number itself."""
    ways = math.lgamma(drills + 1) - math.lgamma(missed + 1) - math.lgamma(drills - missed + 1)
    return ways + missed * math.log1p(-share) + (drills - missed) * math.log(share)


def confidence(drills: int, met: int, share: float) -> float:
    """Return the confidence with which ``met`` of ``drills`` show that at least ``share`` of all drills would."""
    return 0.0 if met == 0 else 1 - miss_tail(drills, drills - met, share)


def lower_bound(drills: int, met: int, sure: float = CONFIDENCE) -> float:
    """Return the exact one-sided lower bound (Clopper-Pearson) of the share of drills that meet the target.

    It is rounded down in its last digits, so that it never promises more than the drills show.
    """
    _check(drills, met)
    low, high = 0.0, 1.0
    for _ in range(60 if met else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if miss_tail(drills, drills - met, middle) <= 1 - sure else (low, middle)
    return low


def drills_needed(share: float, sure: float = CONFIDENCE, misses: int = 0) -> int:
    """Return the least number of drills that, with so many misses, show ``share`` with confidence ``sure``.

    Without a miss this is ln(1 - sure) / ln(share), rounded up. Errors: ValueError unless both lie within (0, 1).
    """
    if not (0 < share < 1 and 0 < sure < 1):
        raise ValueError(f"share {share} and confidence {sure} must lie between 0 and 1")
    low, high = misses, misses + 1
    while miss_tail(high, misses, share) > 1 - sure:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if miss_tail(middle, misses, share) <= 1 - sure else (middle, high)
    return high


def _check(drills: int, met: int) -> None:
    if drills < 1 or not 0 <= met <= drills:
        raise ValueError(f"{met} of {drills} drills: there must be at least one, and no more met than there are")


@dataclass(frozen=True)
class Comparison:
    """The newest drills against the earlier ones, by rank (Mann-Whitney, one-sided, exact, ties included).

    ``p`` is how probable newest values as high as these are if nothing changed; ``least_p`` is the lowest that so
    few drills can give at all; ``growth`` is by what share the median grew.
    """

    newest: int
    earlier: int
    p: float
    least_p: float
    growth: float
    risk: float

    @property
    def decidable(self) -> bool:
        """Whether so few drills can show a regression at all."""
        return self.least_p <= self.risk

    @property
    def regression(self) -> bool:
        """Whether the newest are slower by an effect that counts, and not by chance."""
        return self.p <= self.risk and self.growth >= GROWTH


def comparisons(values: Sequence[float]) -> tuple[Comparison, ...]:
    """Compare the newest value, and the newest three, with all before them; oldest first.

    The risk is shared between the two looks. One value against m earlier ones cannot go below 1 / (m + 1).
    """
    looks = [newest for newest in (1, 3) if len(values) > newest]
    return tuple(_compare(values[:-newest], values[-newest:], RISK / 2) for newest in looks)


def _compare(earlier: Sequence[float], newest: Sequence[float], risk: float) -> Comparison:
    least = 1 / math.comb(len(earlier) + len(newest), len(newest))
    before, now = median(earlier), median(newest)
    growth = (now - before) / before if before > 0 else math.inf if now > 0 else 0.0
    return Comparison(len(newest), len(earlier), rank_p(earlier, newest), least, growth, risk)


def rank_p(earlier: Sequence[float], newest: Sequence[float]) -> float:
    """Return the exact probability that as many values drawn from all of them have so high a sum of ranks."""
    pooled = [*earlier, *newest]
    ranks = [_rank(value, pooled) for value in pooled]
    reached = sum(ranks[len(earlier) :])
    ways = _sums(ranks, len(newest))
    return sum(count for total, count in ways.items() if total >= reached) / math.comb(len(pooled), len(newest))


def _rank(value: float, pooled: Sequence[float]) -> int:
    """Return twice the middle rank, so that ties stay whole numbers."""
    return 2 * sum(other < value for other in pooled) + sum(other == value for other in pooled) + 1


def _sums(ranks: Sequence[int], drawn: int) -> dict[int, int]:
    """Return in how many ways that many ranks give each sum."""
    ways: list[dict[int, int]] = [{0: 1}, *({} for _ in range(drawn))]
    for rank in ranks:
        for size in range(drawn, 0, -1):
            for total, count in ways[size - 1].items():
                ways[size][total + rank] = ways[size].get(total + rank, 0) + count
    return ways[drawn]


@dataclass(frozen=True)
class Change:
    """Where a series most probably shifted: ``first`` is the place of the first value after it (Pettitt's test)."""

    first: int
    p: float
    growth: float

    @property
    def shown(self) -> bool:
        """Whether the shift is more than chance, and large enough to count, up or down."""
        return self.p <= RISK and abs(self.growth) >= GROWTH


def change_point(values: Sequence[float]) -> Change | None:
    """Return where the values most probably shifted, oldest first; None below CHANGE_FROM values."""
    size = len(values)
    if size < CHANGE_FROM:
        return None
    steps = list(accumulate(sum((b > a) - (b < a) for b in values) for a in values))[:-1]
    first = max(range(1, size), key=lambda cut: abs(steps[cut - 1]))
    reach = abs(steps[first - 1])
    p = min(1.0, 2 * math.exp(-6 * reach**2 / (size**3 + size**2)))
    before, after = median(values[:first]), median(values[first:])
    return Change(first, p, (after - before) / before if before > 0 else math.inf if after > 0 else 0.0)
