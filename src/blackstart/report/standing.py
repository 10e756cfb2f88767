"""What a verdict comes to, in a word and a sentence: what is still open beats the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.quantities import bounds, count, part, plain, seconds
from blackstart.report.stores import at_failback, at_failover, total, worst_rpo

Verdict = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """``key`` names the look, ``word`` the state; ``lead`` says it, ``next_step`` what to do (or "")."""

    key: str
    word: str
    sign: str
    lead: str
    next_step: str = ""


OUTCOMES = {
    "met": Standing("met", "Met", "✓", "Every objective of this drill was met."),
    "missed": Standing("missed", "Missed", "✕", "At least one objective of this drill was missed."),
    "inconclusive": Standing(
        "inconclusive", "Inconclusive", "?", "The evidence does not decide whether the objectives were met."
    ),
    "aborted": Standing("aborted", "Aborted", "■", "The drill was stopped before it could answer."),
    "refused": Standing("refused", "Refused", "⊘", "A guard refused this drill: nothing was changed."),
}


def outcome(verdict: Verdict) -> Standing:
    """Return how the drill ended, whatever state it left behind."""
    name = str(verdict.get("outcome"))
    unknown = Standing("inconclusive", "Unknown", "?", f"The verdict has no outcome that is known: {plain(name, 60)}.")
    return OUTCOMES.get(name, unknown)


def standing(verdict: Verdict) -> Standing:
    """Return what has to be said first: broken, then holding, then the outcome."""
    state = restoration(verdict).get("state")
    run = plain(verdict.get("run", "RUN"), 100)
    if state == "broken":
        lead = "Something is still broken: not everything that the drill changed was put back."
        return Standing("broken", "Still broken", "!", lead, f"blackstart restore {run}")
    if state == "holding":
        lead = "Safe and serving in the standby region: failback is due."
        return Standing("holding", "Holding", "⏸", lead, f"blackstart failback {run}")
    return outcome(verdict)


def restoration(verdict: Verdict) -> Mapping[str, Any]:
    """Return the verdict's restoration, {} where it has none."""
    found = verdict.get("restoration")
    return found if isinstance(found, Mapping) else {}


def reasons(verdict: Verdict) -> list[str]:
    """Return the verdict's reasons, cleaned."""
    return [plain(reason) for reason in verdict.get("reasons") or []]


CLOCKS = {"fault": "after the fault", "first_failure": "after the first failure", "declared": "after the declaration"}


def clock(verdict: Verdict) -> str:
    """Return the objective's clock in words."""
    name = str((verdict.get("objectives") or {}).get("rto_clock") or "fault")
    return CLOCKS.get(name, plain(name, 60))


def recovery_sentence(verdict: Verdict) -> str:
    """Say in one sentence how long recovery took."""
    rto = verdict.get("rto")
    point, around = part(rto, "point_s"), bounds(rto)
    if point is None and not around:
        return "Recovery time was not measured."
    if point is None:
        return f"Recovery took {around}; its exact time was not measured."
    given = f" (bounds {around})" if around else ""
    return f"Service recovered {seconds(point)} {clock(verdict)}{given}."


def loss_sentence(verdict: Verdict) -> str:
    """Say what acknowledged data was lost, over all stores, and what the failback cost besides."""
    found = at_failover(verdict)
    lost, acknowledged = total(found, "lost"), total(found, "acknowledged")
    if lost is None:
        return "Data loss was not measured." + _failback_sentence(verdict)
    if lost == 0:
        return f"No acknowledged write was lost (of {count(acknowledged)})." + _failback_sentence(verdict)
    oldest = seconds(part(worst_rpo(verdict), "point_s"))
    was = "was" if lost == 1 else "were"
    told = f"{count(lost)} of {count(acknowledged)} acknowledged writes {was} lost; the oldest was {oldest} old."
    return told + _failback_sentence(verdict)


def _failback_sentence(verdict: Verdict) -> str:
    if not at_failback(verdict):
        return ""
    lost = total(at_failback(verdict), "lost")
    if lost is None:
        return " What the failback cost was not measured."
    return " The failback lost none." if lost == 0 else f" The failback lost {count(lost)} more."
