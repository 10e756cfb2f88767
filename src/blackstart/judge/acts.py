"""What the drill did, by its undo log: each act from intention to undoing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from blackstart.judge.interval import Interval

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """One action on one target, folded from the lines of the log that carry its id; instants in nanoseconds."""

    intended: Line
    lines: dict[str, Line] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.intended.get('action')} on {self.intended.get('target')}"

    @property
    def role(self) -> str | None:
        return self.intended.get("role")

    @property
    def done_at(self) -> Interval | None:
        """When it was done: some time between the call and its return. None where the log does not say."""
        called, returned = (self.lines.get("acted", {}).get(key) for key in ("called_at", "returned_at"))
        if not isinstance(called, int) or not isinstance(returned, int):
            return None
        return Interval.between(called, returned, (called + returned) // 2)

    @property
    def proved(self) -> bool | None:
        """Whether it was seen to take effect; None where nobody recorded an answer."""
        return self._settled("proved", "not_proved")

    @property
    def undone(self) -> bool | None:
        """Whether it was put back; None where nobody tried, or the log does not say how it ended."""
        return self._settled("undone", "undo_failed")

    def reason(self, event: str) -> str | None:
        """Return why something did not go well, None where that event was not recorded."""
        line = self.lines.get(event)
        return None if line is None else str(line.get("reason") or "no reason recorded")

    def _settled(self, good: str, bad: str) -> bool | None:
        # The last word counts: a failed undo that was tried again and succeeded is undone.
        said = [event for event in self.lines if event in (good, bad)]
        return None if not said else said[-1] == good


def fold(lines: Iterable[Line]) -> list[Act]:
    """Return the acts in the order they were intended. Lines of an unknown id are left out."""
    acts: dict[Any, Act] = {}
    for line in lines:
        key, event = line.get("id"), line.get("event")
        if event == "intended":
            acts[key] = Act(line)
        elif key in acts and isinstance(event, str):
            acts[key].lines.pop(event, None)
            acts[key].lines[event] = line
    return list(acts.values())


def fault_instant(acts: Iterable[Act]) -> Interval | None:
    """Return when the first fault was injected; None without one, or where it is not known whether it was."""
    first = next((act for act in acts if act.role == "fault"), None)
    return None if first is None else first.done_at


def as_json(act: Act, zero_ns: int) -> dict[str, Any]:
    """Return what the verdict says of an act."""
    at = act.done_at
    return {
        "action": act.intended.get("action"),
        "target": act.intended.get("target"),
        "role": act.role,
        "kind": act.intended.get("kind"),
        "injected_at": None if at is None else at.shifted(zero_ns).as_json(),
        "bit": act.proved,
        "undone": act.undone,
    }
