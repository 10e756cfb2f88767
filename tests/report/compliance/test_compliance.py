"""The compliance report: evidence with its place, what is missing said to be missing, and no claim."""

import hashlib
import json
import re
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from blackstart import cli
from blackstart.outcome import UsageError
from blackstart.report import compliance
from blackstart.report.compliance.standards import STANDARDS
from blackstart.report.compliance.writing import Asked, Told, Written, tell
from tests.report.programme_folder import Runs

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
YEAR = Asked(date(2026, 1, 1), date(2026, 12, 31))
PROGRAMME = """
system: shop
owner: Platform team
scope: The shop in two regions
out_of_scope: [Payment provider]
plan: {name: Recovery plan, version: '3.2', approved_by: Head of Platform, approved_on: 2026-01-05}
objectives: {rto_s: 20, rpo_s: 5, stores: {images: {rpo_s: 900}}}
drills:
  - {experiment: region-loss, every_days: 90, rationale: The gravest scenario of the impact analysis}
  - {experiment: pod-loss, every_days: 30}
participants: [{name: A. Operator, role: walks the runbook}]
approvals: [{name: C. Chief, role: CIO, what: the calendar, approved_on: 2026-01-07}]
"""
TITLES = [
    "Summary",
    "Scope",
    "Plan version",
    "Objectives, drills and verdicts",
    "Scenario and rationale",
    "Participants and approvals",
    "Timeline",
    "RTO by phase",
    "RPO by store",
    "Integrity",
    "Soak and failback",
    "Aborts and deviations",
    "Findings and retests",
    "To which parts of standards this speaks",
    "What this evidence does not show",
    "Sign-off",
    "Evidence index",
]


def told(runs: Runs, asked: Asked = YEAR) -> Told:
    return tell(runs.folder, asked, NOW)


def reported(runs: Runs, asked: Asked = YEAR) -> Written:
    return compliance.write(runs.folder, asked, runs.folder.parent / "out", NOW)


def section(written: Told | Written, key: str) -> list[dict[str, Any]]:
    return next(one["blocks"] for one in written.data["sections"] if one["key"] == key)


def texts(written: Told | Written, key: str) -> str:
    return json.dumps(section(written, key), ensure_ascii=False)


def rows(written: Told | Written, key: str) -> list[list[str]]:
    tables = [block for block in section(written, key) if block["kind"] == "table"]
    return [[cell["text"] for cell in row] for block in tables for row in block["rows"]]


def fact(written: Told | Written, key: str, name: str) -> str:
    blocks = [block for block in section(written, key) if block["kind"] == "facts"]
    return next(cell["text"] for block in blocks for title, cell in block["rows"] if title == name)


def on_paper(written: Written) -> str:
    """Return the paper's text with every white space made one blank, ligatures taken apart."""
    pages = PdfReader(written.paths[1]).pages
    return unicodedata.normalize("NFKC", " ".join(" ".join(page.extract_text() for page in pages).split()))


def full(runs: Runs) -> None:
    """Write a period in which everything happened."""
    runs.programme(PROGRAMME)
    runs.many([5.0, 6.0])
    runs(outcome="missed", rto_s=41.0)
    runs(rto_s=7.0)
    runs(outcome="aborted", rto_s=None, reasons=["stopped by hand"])
    runs(outcome="refused", rto_s=None, stores={}, phases=[])
    runs(experiment="region-loss-automated", failover="automated", rto_s=3.0)


def test_every_section_is_there_in_order_on_the_page_on_paper_and_in_the_data(runs: Runs) -> None:
    full(runs)
    written = reported(runs)
    assert [one["title"] for one in written.data["sections"]] == TITLES
    page = written.paths[0].read_text()
    assert re.findall(r'<h2 id="[a-z-]+-heading">([^<]+)</h2>', page) == TITLES
    assert written.data["schema"] == 1


def test_the_paper_says_what_the_page_says(runs: Runs) -> None:
    full(runs)
    written = reported(runs)
    paper = on_paper(written)
    assert [paper.find(title) >= 0 for title in TITLES] == [True] * len(TITLES)
    for one in written.data["runs"]:
        for file in one["files"]:
            assert file["sha256"] in paper
    assert "1 of " in paper


def test_it_never_claims(runs: Runs) -> None:
    full(runs)
    written = reported(runs)
    for text in (written.paths[0].read_text(), written.paths[2].read_text()):
        assert not re.search(
            r"\b(compliant|complies|comply|certified|certifies|conforms|satisfies)\b", text, re.IGNORECASE
        )
        assert "does not say that any requirement is fulfilled" in text


def test_it_never_claims_on_paper_either(runs: Runs) -> None:
    full(runs)
    assert not re.search(r"\b(compliant|complies|comply|certified|conforms)\b", on_paper(reported(runs)), re.IGNORECASE)


def test_the_index_holds_the_sha256_of_every_file_of_every_run_cited(runs: Runs) -> None:
    full(runs)
    (runs() / "history.txt").write_text("as text it comes before history/, as a path behind it")
    written = told(runs)
    assert len(written.data["runs"]) == 8
    lines = ""
    for one in written.data["runs"]:
        folder = runs.folder / one["run"]
        paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=str)
        known = {file["path"]: (file["size"], file["sha256"]) for file in one["files"]}
        assert known == {
            str(path.relative_to(folder)): (len(path.read_bytes()), hashlib.sha256(path.read_bytes()).hexdigest())
            for path in paths
        }
        manifest = "".join(f"{known[str(path.relative_to(folder))][1]}  {path.relative_to(folder)}\n" for path in paths)
        assert one["digest"] == hashlib.sha256(manifest.encode()).hexdigest()
        lines += f"{one['digest']}  {one['run']}\n"
    assert written.data["digest"] == hashlib.sha256(lines.encode()).hexdigest()
    assert written.data["digest"] in texts(written, "sign-off")


def test_a_link_in_a_run_is_named_and_not_followed(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (runs() / "link").symlink_to(tmp_path / "secret")
    (run,) = told(runs).data["runs"]
    link = next(file for file in run["files"] if file["path"] == "link")
    assert (link["sha256"], link["why"]) == (None, "a link, not followed")


def test_an_objective_is_within_only_where_the_drill_decided(runs: Runs) -> None:
    runs(rto_s=5.0)
    runs(rto_s=5.0, outcome="inconclusive")
    runs(rto_s=35.0, outcome="missed")
    found = [row for row in rows(told(runs), "objectives") if row[0] == "Recovery time at most 30 s"]
    assert [row[-1] for row in found] == ["within", "not decided: inconclusive", "over"]
    sha = hashlib.sha256(min(runs.folder.glob("*-1")).joinpath("verdict.json").read_bytes()).hexdigest()
    assert found[0][2:5] == ["2026-01-10", sha[:12], "5.00 s (4.90 – 5.10 s)"]


def test_the_programme_s_own_target_and_what_it_asks_in_vain_are_listed(runs: Runs) -> None:
    runs.programme(PROGRAMME)
    runs(rto_s=25.0)
    found = {(row[0], row[1]): row[-1] for row in rows(told(runs), "objectives")}
    assert found["Recovery time at most 30 s", "region-loss"] == "within"
    assert found["Recovery time at most 20 s, by the programme", "region-loss"] == "over"
    assert found["Recovery time at most 20 s", "pod-loss"] == "no drill in this period"
    assert found["Data loss in images at most 900 s", "any"] == "no drill in this period"


def test_failed_requests_and_warmth_are_objectives_too(runs: Runs) -> None:
    limits = {"rto_s": None, "rpo_s": None, "failed_requests": 0, "warm_s": 2.0, "stores": {}}
    runs(objectives=limits, failed_requests=3, warm={"point_s": 1.0, "earliest_s": 0.9, "latest_s": 1.1})
    runs(objectives=limits, failed_requests=None, warm=None)
    found = [(row[0], row[-2], row[-1]) for row in rows(told(runs), "objectives")]
    assert found == [
        ("At most 0 failed requests", "3", "over"),
        ("At most 0 failed requests", "not measured", "not measured"),
        ("Latency back within 2 s", "1.00 s (0.90 – 1.10 s)", "within"),
        ("Latency back within 2 s", "not measured", "not measured"),
    ]


def test_what_was_not_given_is_not_invented(runs: Runs) -> None:
    runs()
    written = told(runs)
    assert {fact(written, "plan", name) for name in ("Plan", "Version", "Approved by", "Approved on")} == {"not given"}
    assert fact(written, "summary", "Owner") == "not given"
    assert fact(written, "scenarios", "Rationale") == "not given"
    assert texts(written, "people").count("not given") == 2
    assert "No finding was written down" in texts(written, "findings")


def test_what_was_given_is_printed(runs: Runs) -> None:
    full(runs)
    written = told(runs)
    assert fact(written, "plan", "Version") == "3.2"
    assert fact(written, "plan", "Approved on") == "2026-01-05"
    assert rows(written, "people") == [
        ["A. Operator, walks the runbook", "programme"],
        ["C. Chief, CIO, the calendar, 2026-01-07", "programme"],
    ]


def test_the_programme_of_another_system_lends_nothing(runs: Runs) -> None:
    runs.programme(PROGRAMME.replace("system: shop", "system: other"))
    runs()
    written = told(runs, Asked(YEAR.since, YEAR.until, "shop"))
    assert fact(written, "plan", "Version") == "not given"


FINDINGS = {
    "a list": "[{id: F-1, text: Slow, owner: A, due: 2026-07-01, retest: 2026-08-01, status: open}]",
    "a mapping": "findings: [{id: F-1, text: Slow, owner: A, due: 2026-07-01, retest: 2026-08-01, status: open}]",
}


@pytest.mark.parametrize("content", FINDINGS.values(), ids=FINDINGS.keys())
def test_findings_are_read_from_the_run_s_folder(runs: Runs, content: str) -> None:
    (runs() / "findings.yaml").write_text(content)
    assert rows(told(runs), "findings") == [["F-1", "Slow", "A", "2026-07-01", "2026-08-01", "open", "2026-01-10"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[{id: F-1}, just a line]", "no finding: just a line"),
        ("{: [", "cannot be read"),
        ("text", "holds neither a list nor a mapping"),
        ("findings: 3", "findings is no list: 3"),
    ],
)
def test_notes_that_cannot_be_read_are_named(runs: Runs, content: str, says: str) -> None:
    (runs() / "findings.yaml").write_text(content)
    assert says in texts(told(runs), "findings")


def test_notes_beside_a_run_name_people_and_deviations(runs: Runs) -> None:
    notes = (
        "{participants: [{name: B, role: on call}], approvals: [C], plan_version: '4', deviations: [Late by an hour]}"
    )
    (runs() / "findings.yaml").write_text(notes)
    written = told(runs)
    assert [row[0] for row in rows(written, "people")] == ["B, on call", "C"]
    assert fact(written, "plan", "As noted beside a run").startswith("4, ")
    assert "Late by an hour" in texts(written, "deviations")


def test_aborts_and_deviations_are_told_drill_by_drill(runs: Runs) -> None:
    failed = {"event": "activity", "name": "promote", "status": "failed", "error": "timed out"}
    runs(outcome="aborted", reasons=["stopped by hand"], restoration={"state": "holding", "remaining": ["the dial"]},
         events=[{"event": "interrupted", "signal": "SIGINT", "phase": "method"}, failed])  # fmt: skip
    found = texts(told(runs), "deviations")
    for words in (
        "stopped by hand",
        "Interrupted by SIGINT",
        "Step “promote” failed: timed out",
        "Not put back: the dial",
    ):
        assert words in found


def test_a_missed_drill_has_its_retest_or_none(runs: Runs) -> None:
    runs(outcome="missed", rto_s=41.0)
    runs(outcome="inconclusive")
    runs(rto_s=5.0)
    runs(outcome="missed", rto_s=41.0)
    found = texts(told(runs), "findings")
    assert "region-loss missed on 2026-01-10: drilled again on 2026-01-24, met." in found
    assert "region-loss missed on 2026-01-31: not drilled again in this period." in found


def test_soak_and_failback_are_measured_not_assumed(runs: Runs) -> None:
    runs(rto_s=5.0, events=[{"event": "steady_state", "when": "after", "met": True}])
    runs(phases=[])
    first, second = rows(told(runs), "soak")
    assert first[2:6] == ["at least 14.8 s", "yes", "+20.0 s", "orders: 0"]
    assert second[2:5] == ["not observed", "not recorded", "not observed"]


def test_a_part_of_a_standard_without_evidence_says_so(runs: Runs) -> None:
    runs(outcome="aborted", rto_s=None, rpo_s=None, phases=[])
    cells = [row[2] for row in rows(told(runs), "standards")]
    assert len(cells) == sum(len(standard.parts) for standard in STANDARDS)
    assert cells.count("Nothing in this period.") >= len(cells) - 9


def test_every_part_says_what_it_leaves_open(runs: Runs) -> None:
    full(runs)
    for ref, asks, _, leaves in rows(told(runs), "standards"):
        assert ref
        assert asks
        assert leaves
    wanted = {
        "8.5 g)",
        "3.5.1, normal operations",
        "A1.3",
        "Art. 11(6)(a)",
        "Art. 12(7)",
        "Art. 25(2)(c)",
        "Art. 25(5)",
    }
    assert wanted <= {part.ref for standard in STANDARDS for part in standard.parts}


def test_only_the_period_s_drills_of_the_system_are_cited(runs: Runs) -> None:
    for day in (0, 10, 20):
        runs(day=day)
    runs(day=10, system="other")
    written = told(runs, Asked(date(2026, 1, 20), date(2026, 1, 20), "shop"))
    assert [one["started_at"][:10] for one in written.data["runs"]] == ["2026-01-20"]


def test_a_period_without_drills_is_reported_as_that(runs: Runs) -> None:
    runs()
    written = reported(runs, Asked(date(2025, 1, 1), date(2025, 12, 31)))
    assert fact(written, "summary", "Drills") == "none in this period"
    assert written.paths[1].read_bytes().startswith(b"%PDF-")


def test_runs_that_cannot_be_read_are_named_and_the_command_says_2(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    runs()
    broken = runs()
    (broken / "verdict.json").write_text("{")
    assert cli.main(["compliance", str(runs.folder), "--from", "2026-01-01", "--to", "2026-12-31"]) == 2
    assert broken.name in capsys.readouterr().err
    assert broken.name in (runs.folder / "compliance.html").read_text()


def test_the_command_writes_three_files_or_prints_json(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs()
    period = ["--from", "2026-01-01", "--to", "2026-12-31", "--system", "shop"]
    assert cli.main(["compliance", str(runs.folder), *period]) == 0
    assert capsys.readouterr().out.split() == [
        str(runs.folder / f"compliance.{kind}") for kind in ("html", "pdf", "json")
    ]
    assert cli.main(["compliance", str(runs.folder), *period, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["system"] == "shop"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked(date(2026, 2, 1), date(2026, 1, 1)), "is after --to"),
        (Asked(date(2026, 1, 1), date(2026, 2, 1), "shp"), "there are other, shop"),
        (Asked(date(2026, 1, 1), date(2026, 2, 1)), "choose one with --system"),
    ],
)
def test_a_wrong_question_is_one_line(runs: Runs, asked: Asked, says: str) -> None:
    runs()
    runs(system="other")
    with pytest.raises(UsageError, match=says) as error:
        told(runs, asked)
    assert "\n" not in str(error.value)


def test_a_day_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["compliance", "--from", "soon", "--to", "2026-01-01"])
    assert end.value.code == 2
    assert "'soon' is no day: write it as 2026-01-31" in capsys.readouterr().err


def test_no_markup_reaches_the_page_or_the_paper(runs: Runs) -> None:
    evil = "<script>alert(1)</script><img src=x> 日本 \x1b[31m"
    folder = runs(title=evil, reasons=[evil], outcome="missed", fidelity=[evil], run={"description": evil})
    (folder / "findings.yaml").write_text(json.dumps([{"text": evil, "id": evil}]))
    (folder / "<b>bold").write_text("x")
    written = reported(runs)
    page = written.paths[0].read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "<script>alert(1)</script>" in on_paper(written)  # as text


def test_the_same_drills_give_the_same_page_and_data(runs: Runs) -> None:
    full(runs)
    first = reported(runs)
    before = [first.paths[place].read_bytes() for place in (0, 2)]
    again = reported(runs)
    assert before == [again.paths[place].read_bytes() for place in (0, 2)]
