"""Why a drill was not met, in one block: which bound missed what, which phase took the time, what was lost, where to
read on.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Any

from blackstart import judge
from blackstart.report.objectives import rows
from blackstart.report.record import read
from blackstart.report.standing import reasons, standing

WIDTH = 100
LEFT = 15
MOST_SPANS = 6
FAULT = "fault_injected"
KEPT = "\u00a0"
"""A space at which no line is broken; it is shown as a plain one."""

Verdict = dict[str, Any]
Line = tuple[str, str]


def of(verdict: Verdict, run_dir: Path, interrupted: str | None = None) -> str:
    """Return the explanation; its first line says it all in one sentence."""
    told = [_headline(verdict, run_dir, interrupted)]
    for name, text in _lines(verdict, run_dir):
        folded = [text] if name == "report" else wrap(text, WIDTH - LEFT, break_on_hyphens=False) or [""]
        told += [
            f"  {name if number == 0 else '':<{LEFT}}{row.replace(KEPT, ' ')}" for number, row in enumerate(folded)
        ]
    return "\n".join(told)


def _headline(verdict: Verdict, run_dir: Path, interrupted: str | None) -> str:
    name, now = verdict.get("experiment"), standing(verdict)
    if interrupted is not None:
        by = "its time limit" if interrupted == "SIGALRM" else interrupted
        return f"{name} was interrupted by {by}; {_system(verdict)}"
    if now.next_step:
        return f"{name}: {now.lead} Next: {next_step(verdict, run_dir)}"
    if verdict.get("outcome") == "missed":
        return f"{name} missed its objectives: {'; '.join(_missed(run_dir)) or '; '.join(reasons(verdict))}"
    return f"{name} is {verdict.get('outcome')}: {'; '.join(reasons(verdict)[:1]) or now.lead}"


def _lines(verdict: Verdict, run_dir: Path) -> Iterator[Line]:
    for number, reason in enumerate(reasons(verdict)):
        yield "why" if number == 0 else "", reason
    yield from _longest(verdict)
    yield from _phases(verdict)
    yield from _lost(run_dir)
    yield "system", _system(verdict)
    if standing(verdict).next_step:
        yield "next", next_step(verdict, run_dir)
    yield "report", str(run_dir / "report.html")


def next_step(verdict: Verdict, run_dir: Path) -> str:
    """Return the command that brings the system back, "" where nothing is to be done."""
    state = (verdict.get("restoration") or {}).get("state")
    command = {"broken": "restore", "holding": "failback"}.get(str(state))
    return f"blackstart {command} {run_dir}" if command else ""


def _missed(run_dir: Path) -> list[str]:
    """Say of every objective that is over which of its bounds is."""
    found = [row for row in rows(read(run_dir)) if row.look == "over"]
    return [
        f"{row.name}: {row.found}{f' ({row.bounds})' if row.bounds else ''}, objective {row.asked}" for row in found
    ]


def _system(verdict: Verdict) -> str:
    restoration = verdict.get("restoration") or {}
    words = {
        "restored": "everything is as it was before the drill",
        "holding": "the system holds in the standby, failback due",
        "broken": "not everything could be put back",
    }
    left = "; ".join(str(one) for one in restoration.get("remaining") or [])
    said = words.get(str(restoration.get("state")), "nobody knows how the system stands")
    return f"{said}: {left}" if left and left != "failback" else said


def course(verdict: Verdict) -> list[tuple[str, dict[str, float], str]]:
    """Return the observed phases as (name, instant, source), in the order of time; nothing comes before the fault."""
    seen = [phase for phase in verdict.get("phases") or [] if phase.get("at")]
    fault = next((float(phase["at"]["point_s"]) for phase in seen if phase["name"] == FAULT), 0.0)
    seen.sort(key=lambda phase: max(fault, float(phase["at"]["point_s"])))
    return [(phase["name"], phase["at"], phase.get("source") or "") for phase in seen]


def _recovery(verdict: Verdict) -> list[tuple[str, float, str]]:
    """Return the phases from the fault to the recovery, each with the seconds that it took."""
    told = course(verdict)
    names = [name for name, _, _ in told]
    first = names.index(FAULT) if FAULT in names else 0
    last = names.index("recovered") if "recovered" in names else len(told) - 1
    span = told[first : last + 1]
    return [
        (f"{_words(before[0])} to {_words(name)}", at["point_s"] - before[1]["point_s"], source)
        for before, (name, at, source) in pairwise(span)
    ]


def _longest(verdict: Verdict) -> Iterator[Line]:
    steps = _recovery(verdict)
    if steps:
        name, took, source = max(steps, key=lambda step: step[1])
        total = sum(step[1] for step in steps)
        yield "longest phase", f"{name}: {took:.2f} of {total:.2f} s (seen by {source})"


def _phases(verdict: Verdict) -> Iterator[Line]:
    told = course(verdict)
    zero = next((at["point_s"] for name, at, _ in told if name == FAULT), None)
    if zero is not None:
        yield "phases", ", ".join(f"{_words(name)} {at['point_s'] - zero:+.2f}{KEPT}s" for name, at, _ in told)


def _lost(run_dir: Path) -> Iterator[Line]:
    spans = judge.lost_writes(run_dir)
    if spans:
        more = len(spans) - MOST_SPANS
        said = "; ".join(str(span) for span in spans[:MOST_SPANS]) + (f"; and {more} more spans" if more > 0 else "")
        yield "lost writes", f"{sum(span.count for span in spans)} acknowledged: {said}"


def _words(name: str) -> str:
    return name.replace("_", " ")
