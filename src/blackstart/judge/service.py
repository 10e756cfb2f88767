"""Objectives for what clients felt beside an outage: requests that failed, and answers that came slowly."""

from blackstart.judge.findings import Findings
from blackstart.judge.objectives import compare, number
from blackstart.judge.view import View, warm_time


def check(view: View, findings: Findings) -> None:
    """Judge how many requests failed, and how long it took until answers were as fast as before."""
    most, warm_s = (number(view.record.objectives.get(name)) for name in ("failed_requests", "warm_s"))
    if most is not None:
        _failed(view, int(most), findings)
    if warm_s is not None:
        _warm(view, warm_s, findings)


def _failed(view: View, most: int, findings: Findings) -> None:
    failed = view.failed_requests
    if failed is None:
        findings.doubts.append("failed requests could not be counted: the fault's instant or an instrument is missing")
        return
    sentence = f"{failed} of {_asked(view)} requests failed from the fault on; the objective is at most {most}"
    (findings.misses if failed > most else findings.notes).append(sentence)


def _asked(view: View) -> int:
    since = 0 if view.fault is None else view.fault.earliest
    return sum(view.judged[name].asked_since(since) for name in view.rests_on)


def _warm(view: View, target: float, findings: Findings) -> None:
    time = warm_time(view)
    if time is None:
        findings.unsettled.append(f"answers were not seen to be as fast as before; the objective is {target:g} s")
    else:
        compare("answers were as fast as before", time, target, findings)
