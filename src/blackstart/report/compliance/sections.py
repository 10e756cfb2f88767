"""The document, section by section."""

from collections import Counter

from blackstart.report.compliance import conduct, kept, results, shortfalls
from blackstart.report.compliance.case import Case
from blackstart.report.compliance.document import (
    Block,
    Bullets,
    Cell,
    Heading,
    Lines,
    Section,
    Text,
    facts,
    given,
    table,
)
from blackstart.report.compliance.evidence import whole
from blackstart.report.compliance.speaking import NOTHING, speaking
from blackstart.report.compliance.standards import STANDARDS
from blackstart.report.limits import limits
from blackstart.report.quantities import counted, moment, plain, size
from blackstart.report.standing import OUTCOMES

DISCLAIMER = (
    "This report sets out evidence. It does not say that any requirement is fulfilled: that judgement belongs to those "
    "who answer for the system, and to those who examine them."
)


def sections(case: Case) -> tuple[Section, ...]:
    """Return every section in order; one without content says so."""
    return (
        Section("summary", "Summary", _summary(case)),
        Section("scope", "Scope", _scope(case)),
        Section("plan", "Plan version", _plan(case)),
        Section("objectives", "Objectives, drills and verdicts", results.objectives(case)),
        Section("scenarios", "Scenario and rationale", conduct.scenarios(case)),
        Section("people", "Participants and approvals", conduct.people(case)),
        Section("timeline", "Timeline", conduct.timeline(case)),
        Section("phases", "RTO by phase", results.phases(case)),
        Section("losses", "RPO by store", kept.losses(case)),
        Section("integrity", "Integrity", kept.integrity(case)),
        Section("soak", "Soak and failback", conduct.soak(case)),
        Section("deviations", "Aborts and deviations", shortfalls.deviations(case)),
        Section("findings", "Findings and retests", shortfalls.findings(case)),
        Section("standards", "To which parts of standards this speaks", _standards(case)),
        Section("limits", "What this evidence does not show", _limits(case)),
        Section("sign-off", "Sign-off", _sign_off(case)),
        Section("evidence", "Evidence index", _evidence(case)),
    )


def _summary(case: Case) -> tuple[Block, ...]:
    tally = Counter(one.drill.outcome for one in case.cited)
    told = ", ".join(f"{tally[name]} {name}" for name in OUTCOMES if tally[name]) or "none"
    rows = [
        ("System", Cell(case.system)),
        ("Period", Cell(f"{case.since} to {case.until}, days in UTC, both included")),
        (
            "Drills",
            Cell(f"{len(case.cited)}: {told}" if case.cited else "none in this period", "" if case.cited else "bad"),
        ),
        ("Decided", Cell(f"{len(case.decided)} of {len(case.cited)}; the others are shown, and count for nothing")),
        ("Owner", given(case.programme.owner if case.programme else None)),
        ("Written", Cell(moment(case.written.isoformat()))),
        ("Digest of all evidence", Cell(_digest(case), "code")),
    ]
    blocks: tuple[Block, ...] = (Text(DISCLAIMER, "strong"), facts(rows), Heading("Objectives"), results.tally(case))
    if case.unreadable:
        lines = tuple(f"{one.name}: {one.why}." for one in case.unreadable)
        note = "These runs cannot be read. Whether they belong to this system and period is not known."
        blocks += (Heading("Runs that cannot be read"), Text(note, "bad"), Bullets(lines))
    return blocks


def _scope(case: Case) -> tuple[Block, ...]:
    programme = case.programme
    regions = sorted(
        {
            f"{name} {plain(region, 40)}"
            for one in case.cited
            for name, region in (one.drill.environment.get("regions") or {}).items()
        }
    )
    accounts = sorted(
        {plain(account, 20) for one in case.cited for account in one.drill.environment.get("accounts") or []}
    )
    rows = [
        ("Covers", given(programme.scope if programme else None)),
        ("Leaves out", given("; ".join(programme.out_of_scope) if programme else None)),
        ("Drilled in", given("; ".join(sorted({one.drill.surroundings for one in case.cited})))),
        ("Regions", given(", ".join(regions))),
        ("Accounts", given(", ".join(accounts))),
        ("Scenarios", given(", ".join(case.experiments))),
    ]
    return (facts(rows),)


def _plan(case: Case) -> tuple[Block, ...]:
    plan = case.programme.plan if case.programme else None
    rows = [
        ("Plan", given(plan.name if plan else None)),
        ("Version", given(plan.version if plan else None)),
        ("Approved by", given(plan.approved_by if plan else None)),
        ("Approved on", given(plan.approved_on if plan else None)),
    ]
    noted = [(one.notes.plan_version, one.name) for one in case.cited if one.notes.plan_version]
    rows += [("As noted beside a run", Cell(f"{version}, {name}")) for version, name in noted]
    return (facts(rows),)


def _standards(case: Case) -> tuple[Block, ...]:
    intro = (
        "What each part asks is put in our own words: the standard's own text is what counts. The next column says "
        "which evidence of this period speaks to it, the last what it leaves open. No part is said to be fulfilled."
    )
    blocks: list[Block] = [Text(intro, "hint")]
    for standard in STANDARDS:
        rows = [(part.ref, part.asks, _speaks(case, part.speaks), part.leaves) for part in standard.parts]
        head = ("Part", "What it asks", "To which this evidence speaks", "What it does not show")
        blocks += [Heading(standard.name), table(head, rows, (13, 28, 33, 26), small=True)]
    return tuple(blocks)


def _speaks(case: Case, keys: tuple[str, ...]) -> Cell:
    found = [sentence for key in keys if (sentence := speaking(case, key)) is not None]
    return Cell(" ".join(found)) if found else Cell(NOTHING, "missing")


def _limits(case: Case) -> tuple[Block, ...]:
    told: dict[str, int] = {}
    for one in case.cited:
        for line in dict.fromkeys(limits(one.record)):
            told[line] = told.get(line, 0) + 1
    lines = [f"{line} ({counted(number, 'drill')} of {len(case.cited)})" for line, number in told.items()]
    always = ["People, communication and suppliers were not observed.", "Backups were not restored.", DISCLAIMER]
    return (Bullets((*lines, *always)),)


def _sign_off(case: Case) -> tuple[Block, ...]:
    said = f"Signed for the evidence with the digest {_digest(case)}, and for nothing beyond it."
    roles = ("Owner of the system", "Independent reviewer", "Management body")
    return Text(said), Lines(("Role", "Name", "Signature", "Date"), roles)


def _digest(case: Case) -> str:
    return whole(tuple(one.evidence for one in case.cited))


def _evidence(case: Case) -> tuple[Block, ...]:
    intro = (
        "Every file of every run that is cited, when this report was written. A run's digest is the SHA-256 over the "
        "lines that sha256sum prints for its files in this order; the digest of all evidence is that over the lines "
        "“digest, two spaces, run”."
    )
    blocks: list[Block] = [Text(intro, "hint")]
    for one in case.cited:
        rows = [
            (Cell(plain(file.path, 200), "code"), "–" if file.size is None else size(file.size),
             Cell(file.sha256, "code") if file.sha256 else Cell(file.why, "bad"))
            for file in one.evidence.files
        ]  # fmt: skip
        blocks += [Heading(one.name), Text(f"Digest {one.evidence.digest}", "code")]
        blocks.append(table(("File", "Size", "SHA-256"), rows, (30, 10, 60), small=True))
    return tuple(blocks) if case.cited else (Text("No run is cited.", "missing"),)
