"""The verdict: everything judged from one record. What could not be judged is null, and the reasons say so."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blackstart.judge import acts, conduct, objectives, rpo, rto, service
from blackstart.judge.findings import Findings
from blackstart.judge.interval import as_json, seconds
from blackstart.judge.outages import Outage
from blackstart.judge.phases import Phase
from blackstart.judge.record import Record, nothing, read
from blackstart.judge.recovery import Seen, downtime
from blackstart.judge.view import View, observed_phases, of_record, warm_time

SCHEMA = 1


def run(run_dir: Path) -> dict[str, Any]:
    """Return the verdict on a run folder, from what was recorded alone. The same folder gives the same verdict.

    Never raises for a record that is cut, damaged or missing: that is an inconclusive verdict with its reason.
    """
    findings = Findings()
    record = _part(findings, "reading the record", lambda: read(run_dir), nothing(run_dir.resolve().name))
    view = _part(findings, "deriving what happened", lambda: of_record(record), View(record))
    _part(findings, "checking the drill's conduct", lambda: _conduct(view, findings), None)
    _part(findings, "judging the objectives", lambda: _objectives(view, findings), None)
    told: list[Phase] = _part(findings, "telling the phases", lambda: observed_phases(view), [])
    verdict = _part(findings, "writing it down", lambda: _verdict(view, told), _verdict(View(nothing(record.name)), []))
    return {**verdict, "outcome": findings.outcome, "reasons": findings.reasons}


def write(run_dir: Path) -> dict[str, Any]:
    """Judge a run folder and write its ``verdict.json``, whole or not at all. Raises OSError if it cannot."""
    verdict = run(run_dir)
    draft = run_dir / "verdict.json.part"
    with draft.open("w", encoding="utf-8") as file:
        file.write(as_text(verdict))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(run_dir / "verdict.json")
    return verdict


def as_text(verdict: Mapping[str, Any]) -> str:
    """Return the bytes of verdict.json: equal verdicts, equal text."""
    return json.dumps(verdict, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def _part[T](findings: Findings, doing: str, judge: Callable[[], T], otherwise: T) -> T:
    """Run one part of the judging. A part that crashes leaves doubt, never a verdict that does without it."""
    try:
        return judge()
    except Exception as error:  # noqa: BLE001 - whatever it is: what could not be judged is not known
        findings.doubts.append(f"{doing} failed: {type(error).__name__}: {error}")
        return otherwise


def _conduct(view: View, findings: Findings) -> None:
    record = view.record
    conduct.check_end(record, findings)
    conduct.check_record(record, view.judged, findings)
    conduct.check_clock(record, findings)
    conduct.check_faults(record, findings)
    conduct.check_activities(record, findings)
    conduct.check_complete(record, findings)
    conduct.check_steps(record, findings)
    conduct.check_restoration(record, findings)


def _objectives(view: View, findings: Findings) -> None:
    objectives.check_any(view.record.objectives, findings)
    rto.check_steady(view, findings)
    rto.check(view, findings)
    rpo.check(view, findings)
    service.check(view, findings)


def _verdict(view: View, told: list[Phase]) -> dict[str, Any]:
    record, recovery = view.record, view.recovery
    clock = objectives.CLOCKS.get(objectives.clock_of(record.objectives), "")
    times = dict.fromkeys(objectives.CLOCKS.values()) if recovery is None else recovery.clocks()
    verdict = {
        "schema": SCHEMA,
        **_about(record),
        "rto": as_json(times.get(clock)),
        "recovery": {name: as_json(time) for name, time in times.items()},
        "downtime": None if recovery is None else as_json(downtime(list(view.rests_on.values()))),
        "recoveries": [incident.as_json(record.zero_ns, clock) for incident in view.incidents],
        "warm": as_json(warm_time(view)),
        "failed_requests": view.failed_requests,
        "outages": [line for _, seen in sorted(view.seen.items()) for line in _outages(seen, record.zero_ns)],
        "phases": [phase.as_json(record.zero_ns) for phase in told],
        "stores": {store.name: store.as_json() for store in view.stores},
        "faults": [acts.as_json(act, record.zero_ns) for act in record.acts if act.role == "fault"],
        "steps": [acts.as_json(act, record.zero_ns) for act in record.acts if act.role != "fault"],
        "restoration": conduct.restoration(record),
    }
    as_text(verdict)  # what cannot be written down must be found here, where a part's failure becomes a reason
    return verdict


def _about(record: Record) -> dict[str, Any]:
    """Return what the run says of itself."""
    run = record.run
    clock = run.get("clock") or {}
    return {
        "run": run.get("run", record.name),
        "experiment": run.get("experiment"),
        "title": run.get("title"),
        "recovers_in": run.get("recovers_in"),
        "failover": run.get("failover"),
        "started_at": run.get("started_at"),
        "clock": {name: clock.get(name) for name in ("monotonic_zero_ns", "wall_zero")},
        "environment": {
            name: (run.get("environment") or {}).get(name)
            for name in ("kind", "accounts", "regions", "timing", "engine", "load")
        },
        "fidelity": list(run.get("fidelity") or []),
        "objectives": {
            "rto_s": None, "rpo_s": None, "rto_clock": objectives.clock_of(record.objectives), "stores": {},
            "failed_requests": None, "warm_s": None,
            **record.objectives,
        },
        "versions": dict(run.get("versions") or {}),
    }  # fmt: skip


def _outages(seen: Seen, zero_ns: int) -> list[dict[str, Any]]:
    return [_outage(outage, seen, zero_ns) for outage in seen.outages]


def _outage(outage: Outage, seen: Seen, zero_ns: int) -> dict[str, Any]:
    start, end, light = (
        None if at is None else as_json(at.shifted(zero_ns)) for at in (outage.start, outage.end, outage.first_light)
    )
    belongs = (("before", seen.before), ("drill", seen.during), ("afterwards", seen.afterwards))
    return {
        "observer": outage.observer,
        "kind": outage.failure,
        "start": start,
        "end": end,
        "downtime": as_json(outage.downtime),
        "during": next(name for name, outages in belongs if outage in outages),
        "first_light": light,
        "flaps": outage.flaps,
        "bad_s": seconds(outage.bad_ns),
        "bad_probes": outage.bad_probes,
        "partial": None if outage.partial is None else outage.partial.as_json(zero_ns),
        "success_ratio": round(1 - outage.bad_probes / outage.probes, 6),
    }
