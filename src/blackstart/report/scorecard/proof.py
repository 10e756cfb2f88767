"""What so many drills prove together, in one exact sentence, and what more it would take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from blackstart.judge.statistics import CONFIDENCE, FEW, drills_needed, lower_bound
from blackstart.report.quantities import asked, counted, seconds
from blackstart.report.scorecard.measures import Measure, Series

SHARE = 0.95
LEVELS = (0.80, 0.90, 0.95)
MISSES = (0, 1, 2, 3)


@dataclass(frozen=True)
class Proof:
    """``what`` held in so many of so many drills; ``bound`` is the exact lower bound of the share that holds it."""

    what: str
    drills: int
    met: int
    undecided: int
    bound: float
    needed: int

    @property
    def text(self) -> str:
        return f"{self.seen} {self.shown} {self.more}"

    @property
    def seen(self) -> str:
        aside = f" ({self.undecided} decided nothing and count as not met)" if self.undecided else ""
        return f"{self.what} in {self.met} of {counted(self.drills, 'drill')}{aside}."

    @property
    def shown(self) -> str:
        if not self.met:
            return "That shows no share at all."
        return f"With {percent(CONFIDENCE)} confidence, at least {percent(self.bound)} of such drills do so."

    @property
    def more(self) -> str:
        if self.drills >= self.needed:
            return f"That is enough to show {percent(SHARE)}."
        return (
            f"To show {percent(SHARE)} with {percent(CONFIDENCE)} confidence takes {self.needed} drills with "
            f"{'no miss' if self.met == self.drills else f'no more than {self.drills - self.met} not met'}: "
            f"{self.needed - self.drills} more, all met."
        )


def proofs(series: Series) -> list[Proof]:
    """Return the statement on all objectives together, then on each that has a target."""
    total = len(series.drills)
    undecided = sum(not drill.decided for drill in series.drills)
    told = [_proof("Every objective met", total, series.met, undecided)]
    for measure in series.measures:
        if measure.target_s is not None:
            limit = asked(measure.target_s)
            kept = f"Back within {limit}" if measure.key == "rto" else f"At most {limit} of writes lost"
            told.append(_proof(kept, total, measure.within, undecided))
    return told if total else []


def _proof(what: str, drills: int, met: int, undecided: int) -> Proof:
    if not drills:
        return Proof(what, 0, 0, 0, 0.0, drills_needed(SHARE))
    return Proof(what, drills, met, undecided, lower_bound(drills, met), drills_needed(SHARE, misses=drills - met))


def spread(measure: Measure) -> str:
    """Say what the measured drills came to: each one where they are few, always median, longest and exact bound."""
    found = measure.counted_s
    if not found:
        return "No drill that decided has measured it."
    share = lower_bound(len(measure.values), len(found))
    every = f"{_listed(found)}; " if len(found) < FEW else ""
    if len(found) == 1:
        return f"Latest bound of the one drill that decided: {seconds(found[0])}."
    return (
        f"Latest bounds: {every}median {seconds(median(found))}, highest {seconds(max(found))}. With "
        f"{percent(CONFIDENCE)} confidence at least {percent(share)} of such drills stay within that highest one."
    )


def _listed(found: Sequence[float]) -> str:
    return ", ".join(seconds(value) for value in found)


def table() -> list[tuple[str, tuple[int, ...]]]:
    """Return how many drills show what: for each level, by the number of misses among them."""
    return [(f"{percent(level)} of drills, with {percent(level)} confidence", tuple(_row(level))) for level in LEVELS]


def _row(level: float) -> list[int]:
    return [drills_needed(level, level, misses) for misses in MISSES]


def percent(share: float) -> str:
    """Return a share in percent, rounded down so that it promises no more than was shown: "54.9 %"."""
    tenths = math.floor(round(share * 1000, 6)) / 10
    return f"{tenths:g} %"
