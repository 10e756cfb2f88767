"""Conduct: whether the drill itself went as it should, and whether what it recorded can be relied on."""

from collections.abc import Mapping
from typing import Any

from blackstart.judge.acts import Act
from blackstart.judge.coverage import asleep, ended_well, gaps, window_of
from blackstart.judge.findings import Findings
from blackstart.judge.interval import seconds
from blackstart.judge.record import Record
from blackstart.judge.series import Judged
from blackstart.judge.wall_clock import by_wall_clock


def check_end(record: Record, findings: Findings) -> None:
    """Judge a drill that was refused or interrupted by just that."""
    for event in record.named("refused"):
        findings.refused.append(f"refused before anything was changed: {event.get('reason')}")
    for event in record.named("interrupted"):
        findings.interrupted.append(f"interrupted by {event.get('signal')} in phase {event.get('phase')}")


def check_record(record: Record, judged: Mapping[str, Judged], findings: Findings) -> None:
    """Every instrument that the objective rests on must have delivered data through the whole window."""
    for damage in record.damage:
        # What a service says of itself is shown beside the evidence; no objective rests on it.
        weight = findings.notes if damage.startswith("history/watch-") else findings.doubts
        weight.append(f"the record is incomplete: {damage}")
    findings.doubts += [
        f"the observer died: {event.get('detail') or 'no detail recorded'}"
        for event in record.named("observer")
        if event.get("state") == "died"
    ]
    names = [str(item.get("name")) for item in record.instruments if item.get("rests_on")]
    if not names:
        findings.doubts.append("no instrument is named that the objectives rest on")
    window = window_of(record.named("window"))
    if window is None:
        findings.doubts.append("the record does not say which window the instruments had to cover")
        return
    silent = [ended_well(record.ended), asleep(record.beats, window)]
    for name in names:
        known = name in judged
        silent.append(gaps(judged[name], record.series[name], window) if known else f"{name} delivered no data at all")
    findings.doubts += [sentence for sentence in silent if sentence]


def check_clock(record: Record, findings: Findings) -> None:
    """Say that the wall clock was set, and which figures are told by it."""
    was_set = record.wall_clock.was_set
    if was_set is None:
        return
    findings.notes.append(was_set)
    told = sorted({str(phase.get("name")) for phase in record.named("phase") if by_wall_clock(phase)})
    if told:
        off_s = seconds(record.wall_clock.off_ns)
        findings.notes.append(f"told by a wall clock, so known no better than within {off_s:.3f} s: {', '.join(told)}")
    if any(name.startswith("lag") for name in record.watches):
        findings.notes.append("the service's lag metrics were asked for by the wall clock: they may be of another time")


def check_activities(record: Record, findings: Findings) -> None:
    """Every action, probe and rollback must have succeeded, and the steady state held."""
    for event in record.named("activity"):
        if event.get("status") != "succeeded":
            findings.failures.append(
                f"activity '{event.get('name')}' failed: {event.get('error') or 'no error recorded'}"
            )
    for event in record.named("steady_state"):
        if event.get("met") is not True:
            sentence = f"the steady state did not hold {event.get('when')} the drill: {event.get('reason')}"
            (findings.doubts if event.get("when") == "before" else findings.failures).append(sentence)


def check_complete(record: Record, findings: Findings) -> None:
    """Demand that every planned activity has ended, and that the steady state was asked again afterwards."""
    planned = record.run.get("planned") or {}
    if record.named("interrupted"):
        return
    for section in ("method", "rollbacks"):
        ended = [event.get("name") for event in record.named("activity") if event.get("section") == section]
        left = [name for name in planned.get(section) or [] if name not in ended]
        more = f", nor did {len(left) - 1} more" if len(left) > 1 else ""
        findings.failures += [f"activity '{left[0]}' of the {section} did not run{more}"] if left else []
    asked = {event.get("when") for event in record.named("steady_state")}
    if planned.get("steady_state") and "after" not in asked:
        findings.failures.append("the steady state was not asked again after the method")


def check_faults(record: Record, findings: Findings) -> None:
    """Demand that the fault was injected and observed to bite."""
    findings.doubts += [str(event.get("text")) for event in record.named("doubt")]
    faults = [act for act in record.acts if act.role == "fault"]
    if not faults:
        findings.doubts.append("no fault was injected: the undo log has none")
    findings.doubts += [sentence for act in faults if (sentence := _bite(act))]


def check_steps(record: Record, findings: Findings) -> None:
    """Every step but the faults must have taken effect, and what was to be undone must be undone."""
    told = " ".join(str(event.get("error")) for event in record.named("activity"))
    for act in record.acts:
        why = act.reason("failed") or act.reason("not_proved")
        known = why is not None and why in told  # the activity's own failure has named it already
        sentence = None if act.role == "fault" or known else _effect(act)
        undo = act.reason("undo_failed") if act.undone is False else None
        findings.failures += [sentence] if sentence else []
        findings.failures += [f"undoing {act.name} failed: {undo}"] if undo else []


def check_restoration(record: Record, findings: Findings) -> None:
    """Demand that what the drill changed is back, or safely held in the standby."""
    state = restoration(record)
    if state is None:
        findings.doubts.append("the record does not say whether everything was put back")
    elif state["state"] == "broken":
        findings.failures.append(f"not everything was put back: {'; '.join(state['remaining']) or 'nothing named'}")
    elif state["state"] == "holding":
        findings.notes.append("the system is held in the standby: a failback is due")


def restoration(record: Record) -> dict[str, Any] | None:
    """Return the last word on what was put back; None where there is none."""
    events = record.named("restoration")
    if not events:
        return None
    return {"state": events[-1].get("state"), "remaining": [str(item) for item in events[-1].get("remaining") or []]}


def _bite(act: Act) -> str | None:
    if act.reason("failed"):
        return f"the fault {act.name} was not injected: {act.reason('failed')}"
    if act.done_at is None:
        return f"it is not known whether the fault {act.name} was injected: the undo log ends before"
    if act.proved is None:
        return f"nobody observed whether the fault {act.name} took effect"
    return None if act.proved else f"the fault {act.name} did not take effect: {act.reason('not_proved')}"


def _effect(act: Act) -> str | None:
    if act.reason("failed"):
        return f"{act.name} failed: {act.reason('failed')}"
    if act.done_at is None:
        return f"it is not known whether {act.name} was done: the undo log ends before"
    if act.proved is None:
        return f"nobody observed whether {act.name} took effect"
    return None if act.proved else f"{act.name} did not take effect: {act.reason('not_proved')}"
