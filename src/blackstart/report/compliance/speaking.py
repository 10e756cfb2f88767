"""Which evidence of the period speaks to what: one sentence a key, drawn from the record, or None."""

from collections import Counter
from collections.abc import Callable, Sequence

from blackstart.report.compliance.case import Case, Cited
from blackstart.report.phases import instants
from blackstart.report.quantities import counted, part, plain, seconds
from blackstart.report.standing import restoration
from blackstart.report.stores import AFTER_FAILBACK, at_failback

NOTHING = "Nothing in this period."


def speaking(case: Case, key: str) -> str | None:
    """Return what the evidence says to that key, None where there is none of it."""
    return SENTENCES[key](case)


def _in(found: Sequence[Cited]) -> str:
    """Return "5 drills (pod-loss, 4 of region-loss)"."""
    tally = sorted(Counter(one.drill.experiment for one in found).items())
    named = ", ".join(name if number == 1 else f"{number} of {name}" for name, number in tally)
    return f"{counted(len(found), 'drill')} ({named})"


def _with(case: Case, says: str, holds: Callable[[Cited], bool]) -> str | None:
    found = [one for one in case.decided if holds(one)]
    return f"{says} in {_in(found)}." if found else None


def _seen(one: Cited, *phases: str) -> bool:
    return all(phase in instants(one.record) for phase in phases)


def _programme(case: Case) -> str | None:
    if case.programme is None or not case.programme.drills:
        return None
    planned = ", ".join(f"{plain(one.experiment, 60)} every {one.every_days} days" for one in case.programme.drills)
    return f"Planned: {planned}. In the period: {counted(len(case.cited), 'drill')}, {len(case.decided)} decided."


def _objectives(case: Case) -> str | None:
    return _with(
        case,
        "Targets set before, and judged by the latest bound,",
        lambda one: one.drill.objectives.get("rto_s") is not None or one.drill.objectives.get("rpo_s") is not None,
    )


def _scenarios(case: Case) -> str | None:
    titles = list(dict.fromkeys(one.drill.title for one in case.cited))
    return f"Scenarios: {'; '.join(titles[:5])}." if titles else None


def _rationale(case: Case) -> str | None:
    drills = case.programme.drills if case.programme else ()
    named = [drill.experiment for drill in drills if drill.rationale and drill.experiment in case.experiments]
    return f"A rationale is given for {', '.join(plain(name, 60) for name in named)}." if named else None


def _recovery(case: Case) -> str | None:
    return _with(
        case, "Recovery time measured, with bounds,", lambda one: part(one.drill.rto(), "latest_s") is not None
    )


def _switchover(case: Case) -> str | None:
    return _with(
        case,
        "Traffic moved to the standby, and the service recovered there,",
        lambda one: _seen(one, "routed", "recovered"),
    )


def _soak(case: Case) -> str | None:
    times = {one.name: stay for one in case.decided if (stay := stayed_s(one)) is not None}
    if not times:
        return None
    found = [one for one in case.decided if one.name in times]
    return f"The service ran in the standby for at least {seconds(min(times.values()))} in {_in(found)}."


def stayed_s(one: Cited) -> float | None:
    """Return how long the service ran in the standby after its recovery, at least; None if that was not observed."""
    seen = instants(one.record)
    ends = [seen[name]["earliest_s"] for name in ("soaked", "failed_back") if "earliest_s" in seen.get(name, {})]
    start = seen.get("recovered", {}).get("latest_s")
    if start is None or not ends or "routed" not in seen or min(ends) < start:
        return None
    return min(ends) - start


def _failback(case: Case) -> str | None:
    def back(one: Cited) -> bool:
        return _seen(one, "failed_back") and restoration(one.drill.verdict).get("state") == "restored"

    return _with(case, "The system went back to its primary, and all that was changed was put back,", back)


def _integrity(case: Case) -> str | None:
    return _with(case, "Acknowledged writes compared with what was read back,", lambda one: bool(one.drill.stores))


def _connectivity(case: Case) -> str | None:
    return _with(
        case,
        "Requests through the entry points, sent on schedule throughout,",
        lambda one: bool(one.record.run.get("instruments")),
    )


def _performance(case: Case) -> str | None:
    return _with(
        case, "Latency back within the bound of before, under the declared load,", lambda one: _seen(one, "warm")
    )


def _detection(case: Case) -> str | None:
    return _with(
        case,
        "The moment of detection or of the declaration is dated",
        lambda one: _seen(one, "detected") or _seen(one, "declared"),
    )


def _surroundings(case: Case) -> str | None:
    kinds = sorted({one.drill.surroundings for one in case.cited})
    return f"Drilled in: {'; '.join(kinds)}." if kinds else None


def _reports(case: Case) -> str | None:
    return f"This report, and the verdict with its reasons of {_in(case.cited)}." if case.cited else None


def _findings(case: Case) -> str | None:
    found = [finding for one in case.cited for finding in one.notes.findings]
    if not found:
        return None
    owned = sum(finding.owner is not None for finding in found)
    return f"{counted(len(found), 'finding')} written down, {owned} with an owner."


def _retests(case: Case) -> str | None:
    missed = [one for one in case.decided if one.drill.outcome == "missed"]
    again = [one for one in missed if retest(case, one) is not None]
    return f"{len(again)} of {counted(len(missed), 'drill')} that missed were drilled again." if missed else None


def retest(case: Case, missed: Cited) -> Cited | None:
    """Return the first later drill of the same kind in the period that decided."""
    later = (one for one in case.decided if one.drill.started > missed.drill.started)
    return next((one for one in later if one.drill.experiment == missed.drill.experiment), None)


def _people(case: Case) -> str | None:
    named = len(case.programme.participants) if case.programme else 0
    named += sum(len(one.notes.participants) for one in case.cited)
    return f"{counted(named, 'participant')} named, with their roles." if named else None


def _signature(case: Case) -> str | None:
    return "Lines for a signature, and one digest of all evidence to sign for." if case.cited else None


def failback_loss(one: Cited) -> str:
    """Return what the way back cost: lost writes by store, or that it was not measured."""
    found = [
        (plain(name.removesuffix(AFTER_FAILBACK), 60), store.get("lost"))
        for name, store in at_failback(one.drill.verdict)
    ]
    return ", ".join(f"{name}: {'not measured' if lost is None else lost}" for name, lost in found) or "not measured"


SENTENCES: dict[str, Callable[[Case], str | None]] = {
    "programme": _programme,
    "objectives": _objectives,
    "scenarios": _scenarios,
    "rationale": _rationale,
    "recovery": _recovery,
    "switchover": _switchover,
    "soak": _soak,
    "failback": _failback,
    "integrity": _integrity,
    "connectivity": _connectivity,
    "performance": _performance,
    "detection": _detection,
    "surroundings": _surroundings,
    "reports": _reports,
    "findings": _findings,
    "retests": _retests,
    "people": _people,
    "signature": _signature,
}
