"""Objectives: what was promised, and the comparison that only the latest bound can pass."""

from collections.abc import Mapping
from typing import Any, Final

from blackstart.judge.findings import Findings
from blackstart.judge.interval import Interval, seconds

CLOCKS: Final = {"fault": "from_fault", "first_failure": "from_first_failure", "declared": "from_declaration"}
"""The clocks of the recovery time, and what the verdict calls the time by each."""


def number(value: object) -> float | None:
    """Return a figure of the objectives; None for one that is not set."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def clock_of(objectives: Mapping[str, Any]) -> str:
    """Return the clock that the recovery time is judged by: from the fault where none is chosen."""
    return str(objectives.get("rto_clock") or "fault")


def of_store(objectives: Mapping[str, Any], store: str) -> float | None:
    """Return how much a store may lose, in seconds: its own figure, else the one for all."""
    own = (objectives.get("stores") or {}).get(store) or {}
    found = number(own.get("rpo_s"))
    return number(objectives.get("rpo_s")) if found is None else found


def check_any(objectives: Mapping[str, Any], findings: Findings) -> None:
    """Leave a drill without objectives open: it has nothing to meet."""
    stores = (objectives.get("stores") or {}).keys()
    targets = [number(objectives.get(name)) for name in ("rto_s", "rpo_s", "failed_requests", "warm_s")]
    targets += [of_store(objectives, store) for store in stores]
    if all(target is None for target in targets):
        findings.unsettled.append("nothing to judge: no objective is set")


def compare(sentence: str, found: Interval, target: float, findings: Findings) -> None:
    """Weigh a measured duration against its objective, in seconds."""
    full = f"{sentence} {span(found)}; the objective is {target:g} s"
    if seconds(found.earliest) > target:
        findings.misses.append(f"missed: {full}")
    elif seconds(found.latest) > target:
        findings.unsettled.append(f"{full}, which lies between the bounds")
    else:
        findings.notes.append(full)


def span(interval: Interval) -> str:
    """Return a duration for a person, with its bounds."""
    low, high = seconds(interval.earliest), seconds(interval.latest)
    return f"{seconds(interval.point):.3f} s (between {low:.3f} and {high:.3f} s)"
