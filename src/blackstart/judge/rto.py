"""The recovery time objective: whether reads and writes were well again for good in time."""

from blackstart.judge.findings import Findings
from blackstart.judge.interval import NS, Interval, seconds
from blackstart.judge.objectives import CLOCKS, clock_of, compare, number
from blackstart.judge.outages import Outage
from blackstart.judge.recovery import Recovery
from blackstart.judge.view import View

SINCE = {"fault": "the fault", "first_failure": "the first failure", "declared": "the declaration"}
MIN_BASELINE = 5
"""Good probes that an instrument must have had before the fault: else nothing says that it was well."""


def check_steady(view: View, findings: Findings) -> None:
    """Before the fault every instrument must have been well, and after the putting back again."""
    if view.fault is None:
        return
    for name, seen in view.rests_on.items():
        count = view.good_before[name]
        if count < MIN_BASELINE:
            findings.doubts.append(
                f"not steady: {name} had {count} good probes before the fault, {MIN_BASELINE} are needed"
            )
        bad = sum(outage.bad_probes for outage in seen.before)
        if bad:
            kinds = ", ".join(sorted({_plain(outage) for outage in seen.before}))
            findings.doubts.append(f"not steady: {name} failed before the fault already ({bad} probes: {kinds})")
        if seen.afterwards and seen.afterwards[-1].end is None:
            findings.failures.append(f"{name} was not well for good after the putting back{_last(seen.afterwards[-1])}")


def check(view: View, findings: Findings) -> None:
    """Judge the recovery time by the objective's clock."""
    target = number(view.record.objectives.get("rto_s"))
    clock = clock_of(view.record.objectives)
    if target is None:
        findings.notes.append("no recovery time objective is set: it was not judged")
    elif clock not in CLOCKS:
        findings.doubts.append(f"the objective's clock '{clock}' is unknown: recovery time was not judged")
    elif view.recovery is None:
        findings.doubts.append("recovery time could not be measured: the fault's instant or an instrument is missing")
    elif (rto := view.recovery.clocks()[CLOCKS[clock]]) is not None:
        compare(f"recovery from {SINCE[clock]} took", rto, target, findings)
        findings.doubts += _late_declaration(view.recovery, clock)
        findings.notes += _unseen(view)
    else:
        _unrecovered(view, view.recovery, clock, target, findings)


def _late_declaration(recovery: Recovery, clock: str) -> list[str]:
    """Doubt a clock that was started before the race or after it."""
    declared, end = recovery.declared, recovery.end
    late = clock == "declared" and declared is not None and end is not None and declared.latest > end.earliest
    early = clock == "declared" and declared is not None and declared.latest < recovery.fault.earliest
    if late:
        return ["the disaster was declared only after the recovery: its clock measured nothing"]
    return ["the disaster was declared before the fault: its clock measured nothing"] if early else []


def _unseen(view: View) -> list[str]:
    return [
        f"{name} saw no outage; one of up to {seconds(seen.hole_ns):.3f} s could hide between its probes"
        for name, seen in view.rests_on.items()
        if not seen.during and seen.hole_ns is not None
    ]


def _unrecovered(view: View, recovery: Recovery, clock: str, target: float, findings: Findings) -> None:
    """Judge a recovery that was not seen: how long it must at least have taken is known all the same."""
    zero = _zero(recovery, clock)
    lasting = {name: it.during[-1] for name, it in view.rests_on.items() if it.during and it.during[-1].end is None}
    named = [_never(name, view.record.series[name].kind, outage) for name, outage in lasting.items()]
    blind = [name for name, seen in view.rests_on.items() if not seen.during and seen.hole_ns is None]
    findings.doubts += [f"{name} has too few good probes after the fault to tell an outage" for name in blind]
    if zero is None:
        findings.doubts.append(f"recovery time could not be measured: when {SINCE[clock]} was is not recorded")
        findings.notes += named
        return
    least = max(0, recovery.not_before - zero.latest)
    watched = f"not recovered {seconds(least):.3f} s after {SINCE[clock]}; the objective is {target:g} s"
    weight = findings.misses if named and least > target * NS else findings.unsettled
    weight += [f"{sentence} ({watched})" for sentence in named]
    if not named and not blind:
        findings.doubts.append("recovery time could not be measured")


def _zero(recovery: Recovery, clock: str) -> Interval | None:
    return {"fault": recovery.fault, "first_failure": recovery.first_failure, "declared": recovery.declared}[clock]


def _never(name: str, kind: str, outage: Outage) -> str:
    verb = "were" if name.endswith("s") else "was"
    if outage.good_since is not None:
        return f"{name} {verb} good at the end, but not for the whole stabilisation window{_last(outage)}"
    well = "accepted" if kind == "ledger" else "well"
    return f"{name} {verb} never {well} again after the fault{_last(outage)}"


def _last(outage: Outage) -> str:
    status = f" {outage.last_status}" if 100 <= outage.last_status < 600 else ""
    return f"; last refusal{status} ({_plain(outage)})"


def _plain(outage: Outage) -> str:
    return outage.failure.replace("_", " ")
