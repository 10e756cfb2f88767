"""How the drills were carried out: scenarios, people, the course of the period, deviations, findings."""

from typing import Any

from blackstart.report.compliance.case import Case, Cited
from blackstart.report.compliance.document import (
    NOT_GIVEN,
    Block,
    Bullets,
    Cell,
    Heading,
    Text,
    facts,
    given,
    table,
)
from blackstart.report.compliance.speaking import failback_loss, stayed_s
from blackstart.report.limits import fidelity
from blackstart.report.phases import instants
from blackstart.report.quantities import after, plain, seconds
from blackstart.report.standing import OUTCOMES, restoration

OUTCOME_LOOKS = {"met": "good", "missed": "bad"}
STATES = {"restored": "everything put back", "holding": "holding in the standby", "broken": "not everything put back"}


def scenarios(case: Case) -> tuple[Block, ...]:
    """Return each scenario: what is lost, why it was chosen, how true to a real loss it is."""
    blocks: list[Block] = []
    for experiment in case.experiments:
        newest = [one for one in case.cited if one.drill.experiment == experiment][-1]
        planned = [
            drill for drill in (case.programme.drills if case.programme else ()) if drill.experiment == experiment
        ]
        rows = [
            ("Scenario", Cell(newest.drill.title)),
            ("What happens", given(_text(newest.record.run.get("description")))),
            ("Rationale", given(planned[0].rationale if planned else None)),
            ("Fault", _faults(newest)),
            ("Failover", given(newest.drill.failover)),
            ("Drilled in", Cell(newest.drill.surroundings)),
        ]
        lines = fidelity(newest.record)
        blocks += [Heading(experiment), facts(rows)]
        blocks += (
            [Text("How true to a real loss, as the run states it:", "hint"), Bullets(tuple(lines))] if lines else []
        )
    return tuple(blocks) or (Text("No drill in this period.", "missing"),)


def _faults(one: Cited) -> Cell:
    bitten = {True: "seen to bite", False: "did not bite", None: "not seen to bite"}
    found = [
        f"{plain(fault.get('target'), 120)} ({bitten.get(fault.get('bit'), 'not seen to bite')})"
        for fault in one.drill.verdict.get("faults") or []
    ]
    return Cell("; ".join(found)) if found else Cell("none on record", "missing")


def people(case: Case) -> tuple[Block, ...]:
    """Return who took part and who approved, as it was given; nobody is invented."""
    programme = case.programme
    persons = [(_joined(one.name, one.role), "programme") for one in (programme.participants if programme else ())]
    approvals = [
        (_joined(one.name, one.role, one.what, one.approved_on), "programme")
        for one in (programme.approvals if programme else ())
    ]
    for one in case.cited:
        persons += [(person, one.name) for person in one.notes.participants]
        approvals += [(approval, one.name) for approval in one.notes.approvals]
    return Heading("Participants"), _named(persons), Heading("Approvals"), _named(approvals)


def _named(rows: list[tuple[str, str]]) -> Block:
    return table(("Who", "Given in"), rows, (60, 40)) if rows else Text(NOT_GIVEN, "missing")


def _joined(*parts: Any) -> str:
    return ", ".join(plain(part, 300) for part in parts if part is not None)


def timeline(case: Case) -> tuple[Block, ...]:
    """Return the drills in order."""
    rows = [
        (f"{one.drill.started:%Y-%m-%d %H:%M}", one.drill.experiment, Cell(one.name, "code"), one.drill.surroundings,
         _outcome(one), _state(one))
        for one in case.cited
    ]  # fmt: skip
    if not rows:
        return (Text("No drill in this period.", "missing"),)
    head = ("Date and time (UTC)", "Drill", "Run", "Drilled in", "Verdict", "Afterwards")
    return (table(head, rows, (15, 19, 29, 12, 11, 14)),)


def _outcome(one: Cited) -> Cell:
    return Cell(OUTCOMES[one.drill.outcome].word, OUTCOME_LOOKS.get(one.drill.outcome, "open"))


def _state(one: Cited) -> Cell:
    state = str(restoration(one.drill.verdict).get("state"))
    return Cell(
        STATES.get(state, "not recorded"), "" if state == "restored" else "bad" if state in STATES else "missing"
    )


def soak(case: Case) -> tuple[Block, ...]:
    """Return how long the service ran in the standby, and how it came back."""
    rows = [
        (one.drill.experiment, one.day, _stay(one), _steady(one), _back(one), failback_loss(one), _state(one))
        for one in case.cited
    ]
    if not rows:
        return (Text("No drill in this period.", "missing"),)
    head = ("Drill", "Date", "In the standby", "Steady after", "Failed back", "Lost on the way back", "Afterwards")
    return (table(head, rows, (18, 11, 14, 13, 15, 15, 14)),)


def _stay(one: Cited) -> Cell:
    stay = stayed_s(one)
    return Cell("not observed", "missing") if stay is None else Cell(f"at least {seconds(stay)}")


def _steady(one: Cited) -> Cell:
    found = [
        event for event in one.record.events if event.get("event") == "steady_state" and event.get("when") == "after"
    ]
    if not found:
        return Cell("not recorded", "missing")
    return Cell("yes") if found[-1].get("met") is True else Cell("no", "bad")


def _back(one: Cited) -> Cell:
    at = instants(one.record).get("failed_back")
    return Cell(after(at["point_s"])) if at else Cell("not observed", "missing")


def _text(value: Any) -> str | None:
    return plain(value, 800) if value else None
