"""A drill's course as Allure steps: each with the time at which it began and ended in the drill, not in the test."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from blackstart.pytest_plugin import explanation
from blackstart.report.quantities import interval


@dataclass(frozen=True)
class Step:
    """One step; times in milliseconds of the wall clock. ``why`` is what went wrong, "" where nothing did."""

    name: str
    start_ms: int
    stop_ms: int
    passed: bool = True
    why: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    steps: tuple["Step", ...] = ()


def add(reporter: Any, verdict: dict[str, Any], run_dir: Path) -> None:
    """Add the steps to the test that Allure's reporter is at."""
    for step in (*phases(verdict), *activities(verdict, run_dir)):
        _add(reporter, step)


def phases(verdict: dict[str, Any]) -> Iterator[Step]:
    """Yield one step for the recovery, with a step in it for each phase: from the phase before until it was reached."""
    told, zero = explanation.course(verdict), _wall_zero_ms(verdict)
    if zero is None or len(told) < 2:
        return
    inner = tuple(_phase(*pair, zero) for pair in pairwise(told))
    measured = {"RTO": interval(verdict.get("rto")), "downtime": interval(verdict.get("downtime"))}
    yield Step("Phases", inner[0].start_ms, inner[-1].stop_ms, parameters=measured, steps=inner)


def _phase(before: tuple[str, Any, str], reached: tuple[str, Any, str], zero_ms: float) -> Step:
    name, at, source = reached
    start = before[1]["point_s"]
    stop = max(start, at["point_s"])
    parameters = {"reached after": interval(at), "seen by": source}
    return Step(
        f"{name.replace('_', ' ').capitalize()} ({stop - start:.2f} s after {before[0].replace('_', ' ')})",
        round(zero_ms + start * 1000), round(zero_ms + stop * 1000), parameters=parameters,
    )  # fmt: skip


def activities(verdict: dict[str, Any], run_dir: Path) -> Iterator[Step]:
    """Yield one step a part of the drill, in their order (steady state, method, …), with its activities in it."""
    zero, monotonic = _wall_zero_ms(verdict), (verdict.get("clock") or {}).get("monotonic_zero_ns")
    if zero is None or monotonic is None:
        return
    told = [e for e in _events(run_dir) if e.get("event") == "activity" and isinstance(e.get("started"), int)]
    for section, events in groupby(told, key=lambda event: str(event.get("section"))):
        steps = tuple(_activity(event, zero - monotonic / 1e6) for event in events)
        title = {"hypothesis": "Steady state"}.get(section, section.capitalize())
        yield Step(title, steps[0].start_ms, steps[-1].stop_ms, all(step.passed for step in steps), steps=steps)


def _activity(event: dict[str, Any], offset_ms: float) -> Step:
    start, stop = (round(offset_ms + event[at] / 1e6) for at in ("started", "ended"))
    name, passed = f"{event.get('type')}: {event.get('name')}", event.get("status") == "succeeded"
    return Step(name, start, stop, passed, str(event.get("error") or ""))


def _add(reporter: Any, step: Step) -> None:
    from allure_commons.model2 import (  # noqa: PLC0415 - optional
        Parameter,
        Status,
        StatusDetails,
        TestStepResult,
    )

    uuid = str(uuid4())
    parameters = [Parameter(name=name, value=value) for name, value in step.parameters.items()]
    reporter.start_step(None, uuid, TestStepResult(name=step.name, start=step.start_ms, parameters=parameters))
    for inner in step.steps:
        _add(reporter, inner)
    status = Status.PASSED if step.passed else Status.FAILED
    details = StatusDetails(message=step.why) if step.why else None
    reporter.stop_step(uuid, stop=step.stop_ms, status=status, statusDetails=details)


def _wall_zero_ms(verdict: dict[str, Any]) -> float | None:
    wall = (verdict.get("clock") or {}).get("wall_zero")
    return None if wall is None else datetime.fromisoformat(wall).timestamp() * 1000


def _events(run_dir: Path) -> Iterator[dict[str, Any]]:
    path = run_dir / "events.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of a process that was killed
