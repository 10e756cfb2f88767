"""Whether recovery got slower: said only where so many drills can show it, and how few cannot."""

from dataclasses import dataclass

from blackstart.judge.statistics import CHANGE_FROM, GROWTH, Comparison, change_point, comparisons
from blackstart.report.quantities import counted
from blackstart.report.scorecard.measures import Measure
from blackstart.report.scorecard.proof import percent


@dataclass(frozen=True)
class Told:
    """One sentence; ``alarm`` where it says that something got worse."""

    text: str
    alarm: bool = False


def told(measure: Measure) -> list[Told]:
    """Return what the counted drills of a measure show about getting worse; never empty."""
    values = measure.counted_s
    looks = comparisons(values)
    if not looks:
        return [Told("Fewer than two drills have measured it: nothing to compare.")]
    found = [_look(one) for one in looks if one.regression or one.decidable or one.newest == 1]
    if not any(one.decidable for one in looks):
        found.append(Told(f"{counted(len(values), 'drill')} cannot show a regression yet: eight can."))
    return [*found, _change(measure)]


def _look(one: Comparison) -> Told:
    who = "The newest drill" if one.newest == 1 else f"The newest {one.newest} drills"
    against = f"against {one.earlier} earlier: {_growth(one.growth, 'their median')}, p = {_p(one.p)}"
    if one.regression:
        return Told(f"Regression. {who} {against} (Mann-Whitney, one-sided, exact).", alarm=True)
    if not one.decidable:
        return Told(f"{who} {against}; so few cannot go below p = {_p(one.least_p)}, so this is no regression shown.")
    why = "" if one.p > one.risk else f", less than the {percent(GROWTH)} that counts"
    return Told(f"{who} {against}: no regression shown{why}.")


def _change(measure: Measure) -> Told:
    counted_ = [value for value in measure.values if value.counted_s is not None]
    change = change_point([value.counted_s or 0.0 for value in counted_])
    if change is None:
        return Told(f"Change points are looked for from {CHANGE_FROM} drills on.")
    if not change.shown:
        return Told(f"No change point shown among {len(counted_)} drills (Pettitt, p = {_p(change.p)}).")
    when = counted_[change.first].drill
    grown = _growth(change.growth, "the median before")
    told = f"Change point at {when.name}: from there on {grown} (Pettitt, p = {_p(change.p)})."
    return Told(told, alarm=change.growth > 0)


def _growth(share: float, what: str) -> str:
    if share == float("inf"):
        return f"above {what}, which was 0"
    if round(abs(share), 3) == 0:
        return f"equal to {what}"
    return f"{100 * abs(share):.1f} % {'above' if share > 0 else 'below'} {what}"


def _p(value: float) -> str:
    return "less than 0.001" if value < 0.001 else f"{value:.3f}"
