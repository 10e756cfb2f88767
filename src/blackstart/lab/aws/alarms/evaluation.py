"""What an alarm's datapoints mean: pure functions, by CloudWatch's documented rules (M out of N, missing data)."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["breaching", "notBreaching", "ignore", "missing"]

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Rule:
    """An alarm's condition: ``needed`` of the last ``periods`` datapoints (of ``period_s`` seconds) must breach."""

    comparison: str
    threshold: float
    period_s: int
    periods: int
    needed: int
    missing: Missing = "missing"

    def breaches(self, value: float) -> bool:
        return OPERATORS[self.comparison](value, self.threshold)


@dataclass(frozen=True)
class Judgement:
    """The state that follows from the datapoints, and why."""

    state: State
    reason: str


def periods(rule: Rule, now_s: float) -> list[tuple[float, float]]:
    """Return the last complete periods, oldest first, as [start, end) in seconds; they begin at multiples of it."""
    end = now_s // rule.period_s * rule.period_s
    return [(end - (n + 1) * rule.period_s, end - n * rule.period_s) for n in reversed(range(rule.periods))]


def judge(rule: Rule, values: Sequence[float | None], before: State) -> Judgement:
    """Judge one datapoint a period, oldest first; None where none was received. ``before`` is the state until now."""
    present = [value for value in values if value is not None]
    lacking = len(values) - len(present)
    if not present and rule.missing in ("missing", "ignore"):
        state: State = "INSUFFICIENT_DATA" if rule.missing == "missing" else before
        return Judgement(state, f"no datapoints were received for {lacking} periods")
    breaching = sum(rule.breaches(value) for value in present) + (lacking if rule.missing == "breaching" else 0)
    if breaching >= rule.needed:
        return Judgement("ALARM", _reason(rule, values, "Threshold Crossed", breaching))
    if lacking and rule.missing == "ignore":
        return Judgement(before, _reason(rule, values, "State kept", breaching))
    return Judgement("OK", _reason(rule, values, "Threshold not crossed", breaching))


def _reason(rule: Rule, values: Sequence[float | None], says: str, breaching: int) -> str:
    listed = ", ".join("missing" if value is None else f"{value:g}" for value in values)
    treated = f"; missing datapoints were treated as {rule.missing}" if None in values else ""
    condition = f"{rule.comparison} {rule.threshold:g}"
    return f"{says}: {breaching} out of the last {len(values)} datapoints [{listed}] were {condition}{treated}"
