"""The data loss objective: which acknowledged writes the recovered system does not have."""

from blackstart.judge.findings import Findings
from blackstart.judge.interval import seconds
from blackstart.judge.loss import Loss
from blackstart.judge.objectives import compare, number, of_store
from blackstart.judge.stores import Store
from blackstart.judge.view import View


def check(view: View, findings: Findings) -> None:
    """Judge every store that the objectives rest on, and miss none that they name."""
    objectives = view.record.objectives
    for store in view.stores:
        if store.rests_on and store.after_failback:
            _after_failback(store, findings)
        elif store.rests_on:
            _store(store, of_store(objectives, store.name), findings)
            _after_fault(store, bool(objectives.get("lost_after_fault_allowed")), findings)
        _alarms(store, findings)
    _unwatched(view, findings)


def _store(store: Store, target: float | None, findings: Findings) -> None:
    if target is None:
        findings.notes.append(f"no data loss objective is set for {store.name}: it was not judged")
    elif store.loss is None:
        findings.doubts.append(f"data loss of {store.name} could not be measured: {store.why}")
    else:
        compare(_lost(store.name, store.loss), store.loss.rpo, target, findings)


def _lost(name: str, loss: Loss) -> str:
    unsure = loss.lost_at_most - loss.lost
    beside = f" (and {unsure} that were never answered are not there)" if unsure else ""
    return f"{loss.lost} of {loss.acknowledged} acknowledged {name} were lost{beside}: data loss"


def _after_fault(store: Store, allowed: bool, findings: Findings) -> None:
    if store.loss is None or not store.loss.lost_after_fault:
        return
    count, within = store.loss.lost_after_fault, seconds(store.loss.lost_after_fault_span)
    sentence = f"{count} {store.name} were still acknowledged up to {within:.3f} s after the fault, and lost"
    (findings.notes if allowed else findings.misses).append(sentence)


def _after_failback(store: Store, findings: Findings) -> None:
    if store.loss is None:
        findings.doubts.append(f"data loss of {store.name} could not be measured: {store.why}")
    elif store.loss.lost:
        count = store.loss.lost
        findings.misses.append(f"{store.name}: {count} acknowledged writes were lost; a switchover must lose none")


def _alarms(store: Store, findings: Findings) -> None:
    """Name what should never be there: strangers mean that the ledger is not the whole story."""
    if store.loss is not None and store.loss.strangers:
        count = store.loss.strangers
        findings.doubts.append(f"{count} survivors of {store.name} are in no ledger: the record is not the whole story")
    if store.loss is not None and store.loss.refused_but_there:
        count = store.loss.refused_but_there
        findings.notes.append(f"alarm: {count} {store.name} that were refused are there all the same")
    if store.deposed is not None and store.deposed.split_brain:
        count = store.deposed.split_brain
        sentence = f"alarm: split brain: {count} {store.name} were acknowledged after the promotion, and lost"
        findings.notes.append(sentence)
    if store.duplicates:
        findings.doubts.append(f"{store.duplicates} {store.name} are there more than once: whose they are is not known")


def _unwatched(view: View, findings: Findings) -> None:
    """Doubt an objective for data that no instrument wrote."""
    objectives = view.record.objectives
    judged = {store.name for store in view.stores if store.rests_on}
    wanted = set(objectives.get("stores") or {})
    missing = sorted(name for name in wanted - judged if of_store(objectives, name) is not None)
    findings.doubts += [f"data loss of {name} could not be measured: no ledger wrote to it" for name in missing]
    if number(objectives.get("rpo_s")) is not None and not judged and not missing:
        findings.doubts.append("data loss could not be measured: no ledger was kept")
