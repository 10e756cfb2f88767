"""What the drill did to what, whether it took effect, and how it was undone: from the undo log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.quantities import NANOSECONDS, after, plain, seconds
from blackstart.report.record import Record

MOST = 300


@dataclass(frozen=True)
class Deed:
    """One act; ``look`` of effect and undoing is good, bad or open."""

    at: str
    action: str
    target: str
    role: str
    took: str
    effect: str
    effect_look: str
    undoing: str
    undoing_look: str


ROLES = {
    "fault": "fault",
    "recovery": "recovery step",
    "failback": "failback",
    "undo": "undoing",
    "evidence": "evidence",
}

OPPOSITES = {
    "undone": ("undo_failed",),
    "undo_failed": ("undone",),
    "proved": ("not_proved", "failed"),
    "not_proved": ("proved",),
}


def deeds(record: Record) -> tuple[list[Deed], int]:
    """Return at most MOST intended acts in order, and how many more there are."""
    acts: dict[Any, dict[str, Mapping[str, Any]]] = {}
    for entry in record.undo:
        _add(acts.setdefault(entry.get("id"), {}), str(entry.get("event")), entry)
    intended = [act for act in acts.values() if "intended" in act]
    return [_deed(record, act) for act in intended[:MOST]], max(0, len(intended) - MOST)


def _add(act: dict[str, Mapping[str, Any]], event: str, entry: Mapping[str, Any]) -> None:
    # The last word counts: an undoing that failed, was tried again and succeeded is undone, and the reverse.
    for opposite in OPPOSITES.get(event, ()):
        act.pop(opposite, None)
    act[event] = entry


def _deed(record: Record, act: Mapping[str, Mapping[str, Any]]) -> Deed:
    intended, acted = act["intended"], act.get("acted", {})
    called, returned = acted.get("called_at"), acted.get("returned_at")
    took = seconds((returned - called) / NANOSECONDS) if isinstance(called, int) and isinstance(returned, int) else "–"
    name = plain(intended.get("action", "unnamed"), 120).removeprefix("blackstart.actions.")
    role = str(intended.get("role"))
    at = after(record.offset_s(called if called is not None else intended.get("t")))
    target = plain(intended.get("target") or "", 200)
    return Deed(at, name, target, ROLES.get(role, plain(role, 40)), took, *_effect(act), *_undoing(act))


def _effect(act: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    if "failed" in act:
        return f"failed: {plain(act['failed'].get('reason'), 240)}", "bad"
    if "proved" in act:
        return f"took effect: {plain(act['proved'].get('evidence'), 240)}", "good"
    if "not_proved" in act:
        return f"effect not proved: {plain(act['not_proved'].get('reason'), 240)}", "bad"
    return ("called, effect not proved", "bad") if "acted" in act else ("intended, outcome unknown", "bad")


def _undoing(act: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    if "undone" in act:
        return f"undone: {plain(act['undone'].get('evidence') or 'confirmed', 240)}", "good"
    if "undo_failed" in act:
        return f"undoing failed: {plain(act['undo_failed'].get('reason'), 240)}", "bad"
    if act["intended"].get("role") == "undo":
        return "puts back what was done before", "open"
    if act["intended"].get("kind") == "forward_only":
        return "forward only: has no inverse", "open"
    return "not undone", "open" if "failed" in act else "bad"
