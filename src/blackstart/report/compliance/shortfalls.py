"""What did not go as planned, what was found, and what became of it."""

from collections.abc import Iterator

from blackstart.report.compliance.case import Case, Cited
from blackstart.report.compliance.document import Block, Bullets, Heading, Text, given, table
from blackstart.report.compliance.speaking import retest
from blackstart.report.quantities import plain
from blackstart.report.standing import reasons, restoration


def deviations(case: Case) -> tuple[Block, ...]:
    """Return everything that did not go as planned, drill by drill."""
    blocks: list[Block] = []
    for one in case.cited:
        lines = list(_deviations(one))
        if lines:
            blocks += [Heading(f"{one.day} {one.drill.experiment}: {one.drill.outcome}"), Bullets(tuple(lines))]
    if blocks:
        return tuple(blocks)
    return (
        (Text("None on record: every drill of the period ran to its end and was put right.", ""),)
        if case.cited
        else (Text("No drill in this period.", "missing"),)
    )


def _deviations(one: Cited) -> Iterator[str]:
    verdict = one.drill.verdict
    if one.drill.outcome != "met":
        yield from reasons(verdict) or ["The verdict gives no reason."]
    for event in one.record.events:
        if event.get("event") == "interrupted":
            yield f"Interrupted by {plain(event.get('signal'), 40)} in phase {plain(event.get('phase'), 60)}."
        if event.get("event") == "activity" and event.get("status") not in ("succeeded", None):
            why = plain(event.get("error") or "no reason was recorded", 300)
            yield f"Step “{plain(event.get('name'), 120)}” {plain(event.get('status'), 20)}: {why}."
    for act in [*(verdict.get("faults") or []), *(verdict.get("steps") or [])]:
        if act.get("bit") is not True:
            yield f"Not proved to take effect: {plain(act.get('target'), 160)}."
    yield from (f"Not put back: {plain(left, 300)}." for left in restoration(verdict).get("remaining") or [])
    yield from (f"As noted by the team: {line}" for line in one.notes.deviations)
    yield from (f"The record is damaged: {damage}." for damage in one.record.damage)


def findings(case: Case) -> tuple[Block, ...]:
    """Return what was found and what became of it, then the retests that the record itself shows."""
    rows = [
        (
            given(found.id),
            given(found.text),
            given(found.owner),
            given(found.due),
            given(found.retest),
            given(found.status),
            one.day,
        )
        for one in case.cited
        for found in one.notes.findings
    ]
    blocks: list[Block] = []
    head = ("Id", "Finding", "Owner", "Due", "Retest", "Status", "Drill of")
    blocks.append(
        table(head, rows, (8, 36, 13, 11, 11, 10, 11))
        if rows
        else Text("No finding was written down (findings.yaml).", "missing")
    )
    broken = tuple(f"{one.name}: {why}." for one in case.cited for why in one.notes.broken)
    if broken:
        blocks += [Heading("Unreadable notes"), Bullets(broken)]
    missed = [one for one in case.decided if one.drill.outcome == "missed"]
    if missed:
        blocks += [Heading("Missed, and drilled again"), Bullets(tuple(_again(case, one) for one in missed))]
    return tuple(blocks)


def _again(case: Case, missed: Cited) -> str:
    again = retest(case, missed)
    what = f"{missed.drill.experiment} missed on {missed.day}"
    return (
        f"{what}: not drilled again in this period."
        if again is None
        else f"{what}: drilled again on {again.day}, {again.drill.outcome}."
    )
