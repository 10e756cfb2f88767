"""The undo log: what was done to what, written and synced before it is done, as data and never as code.

``undo.jsonl`` holds one JSON object a line. An entry begins with ``intended`` (the action, its target, what was
there before, and the call that puts it back); later lines with the same ``id`` say how it went. A reader that finds
only ``intended`` must assume that the act took place.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from blackstart.clock import Clock
from blackstart.outcome import UsageError

FILE = "undo.jsonl"

Kind = Literal["revertible", "forward_only"]
Role = Literal["fault", "recovery", "failback", "undo", "evidence"]


@dataclass(frozen=True)
class Call:
    """A call of an action, as data: the function's full name and its arguments."""

    action: str
    arguments: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"action": self.action, "arguments": self.arguments}


@dataclass(frozen=True)
class Plan:
    """What putting things right needs beside the entries.

    ``topology`` is the file's path. ``runbook`` completes a failover once it has begun. ``failback`` says whether
    the drill itself goes back to the primary; ``lab`` names the lab that the run started, if it did.
    """

    topology: str
    runbook: tuple[Call, ...]
    failback: bool
    lab: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "topology": self.topology,
            "runbook": [step.as_json() for step in self.runbook],
            "failback": self.failback,
            "lab": self.lab,
        }


@dataclass(frozen=True)
class Intent:
    """What is about to be done.

    ``inverse`` puts back what was there (``before``); for a ``forward_only`` act it is the step of a failback that
    answers it, never a plain reversal. ``layer`` orders a failback: data, names, traffic, capacity; what moves the
    system by itself (``automation``) is stilled before all of it and left as it was after it. ``subject`` names
    the thing that is changed: of several acts on one subject, only the first knows what was there before the drill.
    """

    call: Call
    subject: str
    target: str
    kind: Kind
    role: Role
    layer: Literal["data", "names", "traffic", "capacity", "fault", "automation", "evidence"]
    before: dict[str, Any]
    inverse: Call | None

    def as_json(self) -> dict[str, Any]:
        return {
            **self.call.as_json(),
            "subject": self.subject,
            "target": self.target,
            "kind": self.kind,
            "role": self.role,
            "layer": self.layer,
            "before": self.before,
            "inverse": self.inverse.as_json() if self.inverse else None,
        }


@dataclass
class Entry:
    """One act as the log tells it: its intent and what became of it."""

    id: int
    intent: Intent
    acted: bool = False
    failed: str | None = None
    proved: bool | None = None
    undone: bool = False
    called_ns: int | None = None

    @property
    def open(self) -> bool:
        """True while something may still have to be put back: also after a call that failed."""
        return self.intent.inverse is not None and not self.undone


@dataclass
class UndoLog:
    """Appends to one run's undo log. Every line is on disk before the method returns."""

    path: Path
    clock: Clock
    _next: int | None = field(default=None, repr=False)

    def plan(self, plan: Plan) -> None:
        """Record, first of all, what a later process needs to put things right without the one that ran."""
        self._append(0, "plan", **plan.as_json())

    def intend(self, intent: Intent) -> int:
        """Record what is about to be done; return the entry's id."""
        if self._next is None:
            self._cut_unfinished_line()
            self._next = 1 + max((entry.id for entry in read(self.path)), default=0)
        number, self._next = self._next, self._next + 1
        self._append(number, "intended", **intent.as_json())
        return number

    def acted(self, number: int, called_ns: int, returned_ns: int) -> None:
        self._append(number, "acted", called_at=called_ns, returned_at=returned_ns)

    def failed(self, number: int, reason: str) -> None:
        """Record a call that raised: it may have taken effect all the same."""
        self._append(number, "failed", reason=reason)

    def proved(self, number: int, evidence: str) -> None:
        self._append(number, "proved", evidence=evidence)

    def not_proved(self, number: int, reason: str) -> None:
        self._append(number, "not_proved", reason=reason)

    def undone(self, number: int, evidence: str) -> None:
        self._append(number, "undone", evidence=evidence)

    def undo_failed(self, number: int, reason: str) -> None:
        self._append(number, "undo_failed", reason=reason)

    def _cut_unfinished_line(self) -> None:
        """Drop what an earlier process could not finish writing, so that the next line does not grow onto it."""
        if self.path.exists():
            whole = self.path.read_bytes().rfind(b"\n") + 1
            os.truncate(self.path, whole)

    def _append(self, number: int, event: str, **detail: Any) -> None:
        line = json.dumps({"id": number, "t": self.clock.now_ns(), "event": event, **detail}, sort_keys=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def read(path: Path) -> list[Entry]:
    """Return the entries of a log in the order they were intended. A last line cut short is left out.

    Raises ``UsageError`` when a line before the last cannot be read: such a log must be looked at by a person.
    """
    entries: dict[int, Entry] = {}
    for number, line in _lines(path):
        try:
            _apply(entries, line)
        except (KeyError, TypeError) as error:
            raise _unreadable(path, number, error) from error
    return list(entries.values())


def read_plan(path: Path) -> Plan:
    """Return the plan of a log. Raises ``UsageError`` when there is none."""
    for _, line in _lines(path):
        if line["event"] == "plan":
            steps = tuple(Call(step["action"], step["arguments"]) for step in line["runbook"])
            return Plan(line["topology"], steps, line["failback"], line["lab"])
    raise UsageError(f"{path} has no plan: name a run's folder that `blackstart run` made")


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise _unreadable(path, number, error) from error


def _unreadable(path: Path, number: int, error: Exception) -> UsageError:
    return UsageError(f"undo log {path}, line {number} cannot be read ({error!r}): mend it by hand")


def _apply(entries: dict[int, Entry], line: dict[str, Any]) -> None:
    number, event = line["id"], line["event"]
    if event == "plan":
        return
    if event == "intended":
        entries[number] = Entry(number, _intent(line))
        return
    entry = entries[number]
    match event:
        case "acted":
            entry.acted = True
            entry.called_ns = line["called_at"]
        case "failed":
            entry.failed = line["reason"]
        case "proved" | "not_proved":
            entry.proved = event == "proved"
        case "undone":
            entry.undone = True


def _intent(line: dict[str, Any]) -> Intent:
    inverse = line["inverse"]
    return Intent(
        call=Call(line["action"], line["arguments"]),
        subject=line["subject"],
        target=line["target"],
        kind=line["kind"],
        role=line["role"],
        layer=line["layer"],
        before=line["before"],
        inverse=Call(inverse["action"], inverse["arguments"]) if inverse else None,
    )
