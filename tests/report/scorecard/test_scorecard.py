"""The scorecard: what it counts, what it refuses to count, and what it says of so few drills."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blackstart import cli
from blackstart.outcome import UsageError
from blackstart.report import scorecard
from tests.report.programme_folder import Runs

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PROGRAMME = """
system: shop
plan: {version: '3.2'}
objectives: {rto_s: 30, rpo_s: 5, stores: {orders: {rpo_s: 5}, images: {rpo_s: 900}}}
drills:
  - {experiment: region-loss, every_days: 90}
  - {experiment: pod-loss, every_days: 30}
"""


def scored(runs: Runs, now: datetime = NOW) -> dict[str, Any]:
    written = scorecard.write(runs.folder, None, None, now)
    data = json.loads(written.json.read_text())
    assert data == written.data
    return data


def page(runs: Runs) -> str:
    return scorecard.write(runs.folder, None, None, NOW).page.read_text()


def only(data: dict[str, Any]) -> dict[str, Any]:
    (series,) = data["series"]
    return series


@pytest.mark.parametrize(("drills", "bound"), [(3, "36.8 %"), (5, "54.9 %"), (10, "74.1 %"), (20, "86 %")])
def test_the_sentence_is_exact_for_so_many_drills(runs: Runs, drills: int, bound: str) -> None:
    runs.many([5.0] * drills)
    assert f"With 95 % confidence, at least {bound} of such drills do so." in only(scored(runs))["proofs"][0]["text"]
    assert bound in page(runs)


def test_inconclusive_and_aborted_drills_are_shown_and_never_counted_as_met(runs: Runs) -> None:
    runs.many([5.0, 5.1])
    runs(outcome="inconclusive", rto_s=4.0)
    runs(outcome="aborted", rto_s=None)
    series = only(scored(runs))
    assert series["outcomes"] == {"met": 2, "missed": 0, "inconclusive": 1, "aborted": 1, "refused": 0}
    assert [(one["drills"], one["met"]) for one in series["proofs"]] == [(4, 2)] * 3
    assert "(2 decided nothing and count as not met)" in series["proofs"][0]["text"]
    assert series["measures"]["rto"]["counted_latest_s"] == [5.1, 5.2]
    assert "1 inconclusive" in page(runs)
    assert "1 aborted" in page(runs)


def test_a_refused_drill_is_listed_and_not_counted(runs: Runs) -> None:
    runs(outcome="refused", rto_s=None)
    runs.many([5.0])
    series = only(scored(runs))
    assert series["proofs"][0]["drills"] == 1
    assert series["outcomes"]["refused"] == 1
    assert len(series["drills"]) == 2


def test_the_latest_bound_counts_not_the_point(runs: Runs) -> None:
    runs(rto_s=29.95)  # its latest bound is 30.05 s
    proof = only(scored(runs))["proofs"][1]
    assert proof["what"] == "Back within 30 s"
    assert proof["met"] == 0


def test_the_programme_s_target_goes_before_the_drill_s_own(runs: Runs) -> None:
    runs.many([5.0])
    runs.programme("{system: shop, objectives: {rto_s: 5}}")
    measure = only(scored(runs))["measures"]["rto"]
    assert (measure["target_s"], measure["target_by"], measure["within"]) == (5, "the programme", 0)


def test_drills_of_another_system_or_other_surroundings_are_not_counted_together(runs: Runs) -> None:
    runs.many([5.0])
    runs.many([6.0], system="other")
    runs.many([7.0], run={"environment": {"system": "shop"}}, environment={"kind": "aws"})
    assert [(one["system"], one["surroundings"]) for one in scored(runs)["series"]] == [
        ("other", "lab, fast timing"),
        ("shop", "aws"),
        ("shop", "lab, fast timing"),
    ]


def test_few_drills_are_listed_one_by_one(runs: Runs) -> None:
    runs.many([5.0, 6.0, 9.0])
    assert "Latest bounds: 5.10 s, 6.10 s, 9.10 s; median 6.10 s, highest 9.10 s." in page(runs)


def test_one_slow_drill_is_no_regression_and_the_page_says_why(runs: Runs) -> None:
    runs.many([5.0] * 6 + [25.0])
    measure = only(scored(runs))["measures"]["rto"]
    assert not any(one["regression"] for one in measure["comparisons"])
    assert "so few cannot go below p = 0.143" in measure["texts"][0]
    assert "Regression" not in page(runs)


def test_three_slow_drills_are_a_regression_that_needs_action(runs: Runs) -> None:
    runs.many([5.0, 5.1, 5.2, 4.9, 5.3, 9.0, 9.2, 9.9])
    assert any("Regression. The newest 3 drills" in one["text"] and one["grave"] for one in scored(runs)["attention"])


def test_a_shift_among_twenty_drills_is_dated(runs: Runs) -> None:
    runs.many([5.0, 5.2, 5.1, 5.3] * 3 + [9.0, 9.2, 9.1, 9.3] * 3)
    measure = only(scored(runs))["measures"]["rto"]
    assert measure["change_point"]["first"] == 12
    assert any("Change point at 20260404T090000Z-region-loss-13" in text for text in measure["texts"])


def test_what_is_owed_is_said(runs: Runs) -> None:
    runs.programme(PROGRAMME)
    runs(day=0)
    runs(day=100, outcome="inconclusive")
    runs(day=101, experiment="zone-loss")
    data = scored(runs)
    assert [(one["experiment"], one["state"], one["overdue_days"]) for one in data["planned"]] == [
        ("region-loss", "overdue", 52),
        ("pod-loss", "never run", 0),
    ]
    assert data["unplanned"] == ["zone-loss"]
    assert "Data loss of images (at most 900 s): no drill has read that store back." in data["never_tested"]
    assert "pod-loss: recovery time (at most 30 s) has never been decided by a drill." in data["never_tested"]
    assert not any("region-loss" in one for one in data["never_tested"])
    assert any("region-loss decided nothing the last time" in one["text"] for one in data["attention"])


def test_a_drill_in_time_is_not_owed(runs: Runs) -> None:
    runs.programme("{system: shop, drills: [{experiment: region-loss, every_days: 90}]}")
    runs(day=60)
    data = scored(runs)
    assert data["planned"][0]["state"] == "in time"
    assert data["attention"] == []
    assert "Nothing open" in page(runs)


def test_without_a_programme_nothing_is_green(runs: Runs) -> None:
    runs.many([5.0])
    assert 'data-standing="unplanned"' in page(runs)
    assert "which drills are owed, and so which are overdue, is not known" in page(runs)


def test_an_objective_that_no_drill_decided_is_named_without_a_programme_too(runs: Runs) -> None:
    runs(outcome="aborted", rto_s=None)
    assert scored(runs)["never_tested"] == [
        "region-loss: recovery time (at most 30 s) has never been decided by a drill.",
        "region-loss: data loss (at most 5 s) has never been decided by a drill.",
    ]


def test_failed_requests_and_latency_are_objectives_too(runs: Runs) -> None:
    limits = {"failed_requests": 0, "warm_s": 2.0}
    runs(objectives=limits, outcome="inconclusive", failed_requests=0)
    assert scored(runs)["never_tested"] == [
        "region-loss: the number of failed requests has never been decided by a drill.",
        "region-loss: latency has never been decided by a drill.",
    ]
    runs(objectives=limits, failed_requests=0, warm={"point_s": 1.0, "earliest_s": 0.9, "latest_s": 1.1})
    assert scored(runs)["never_tested"] == []


@pytest.mark.parametrize("state", ["broken", "holding"])
def test_what_a_drill_left_behind_comes_first(runs: Runs, state: str) -> None:
    runs(restoration={"state": state, "remaining": ["the dial"]})
    runs.many([5.0])
    first = scored(runs)["attention"][0]
    assert first["grave"]
    assert "blackstart restore" in first["text"] or "blackstart failback" in first["text"]


BROKEN = {
    "cut": '{"schema": 1, "outcome": "met"',
    "no object": "[]",
    "another schema": '{"schema": 2, "outcome": "met", "started_at": "2026-01-01"}',
    "no such outcome": '{"schema": 1, "outcome": "fine", "started_at": "2026-01-01"}',
    "phases of the wrong kind": '{"schema": 1, "outcome": "met", "started_at": "2026-01-01", "phases": 3}',
    "a phase of the wrong kind": '{"schema": 1, "outcome": "met", "started_at": "2026-01-01", "phases": [3]}',
    "a store of the wrong kind": '{"schema": 1, "outcome": "met", "started_at": "20260101", "stores": {"orders": 5}}',
    "a count that is none": '{"schema": 1, "outcome": "met", "started_at": "20260101", "stores": {"a": {"lost": ""}}}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_verdict_is_named_and_the_command_says_2(
    runs: Runs, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.many([5.0])
    broken = runs()
    (broken / "verdict.json").write_text(content)
    assert cli.main(["scorecard", str(runs.folder)]) == 2
    assert broken.name in capsys.readouterr().err
    data = json.loads((runs.folder / "scorecard.json").read_text())
    assert [one["run"] for one in data["unreadable"]] == [broken.name]
    assert data["attention"][0]["text"].startswith(broken.name)
    assert only(data)["proofs"][0]["drills"] == 1


def test_a_run_without_a_verdict_is_named(runs: Runs) -> None:
    (runs() / "verdict.json").unlink()
    assert scored(runs)["unreadable"][0]["why"].startswith("verdict.json is not there; run: blackstart judge")


def test_a_verdict_with_other_shapes_inside_never_breaks_the_page(runs: Runs) -> None:
    runs(
        rto="soon",
        stores={"orders": {"rpo": 5, "lost": "x"}},
        faults=None,
        outages=None,
        title=None,
        objectives={"rto_s": "x"},
    )
    assert "region-loss" in page(runs)


def test_no_markup_from_a_run_or_a_programme_reaches_the_page(runs: Runs) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    runs(title=evil, system=evil, environment={"kind": evil, "timing": evil}, failover=evil)
    runs.programme(json.dumps({"system": evil, "owner": evil, "drills": [{"experiment": evil, "every_days": 1}]}))
    text = page(runs)
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: None, "is not a folder"),
        (lambda folder: folder.mkdir(), "there is no run in"),
    ],
)
def test_a_folder_without_runs_is_bad_input(tmp_path: Path, make: Any, says: str) -> None:
    make(tmp_path / "none")
    with pytest.raises(UsageError, match=says):
        scorecard.write(tmp_path / "none", None, None, NOW)


def test_a_run_itself_is_not_a_folder_of_runs(runs: Runs) -> None:
    with pytest.raises(UsageError, match="it is a run itself"):
        scorecard.write(runs(), None, None, NOW)


def test_the_command_prints_where_it_wrote_or_json(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.many([5.0])
    assert cli.main(["scorecard", str(runs.folder), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "out" / name) for name in ("scorecard.html", "scorecard.json")
    ]
    assert cli.main(["scorecard", str(runs.folder), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 1
    assert not (runs.folder / "scorecard.html").exists()


def test_a_wrong_programme_is_one_line(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs.many([5.0])
    path = runs.programme("{system: shop, drills: [{experiment: region-loss}]}")
    assert cli.main(["scorecard", str(runs.folder)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"blackstart: programme {path}: drills.0.every_days: Field required; mend it (docs/scorecard.md)"
    ]


def test_the_same_drills_give_the_same_bytes(runs: Runs) -> None:
    runs.many([5.0, 6.0])
    runs.programme(PROGRAMME)
    first = [path.read_bytes() for path in (scorecard.write(runs.folder, None, None, NOW).page,)]
    assert first == [scorecard.write(runs.folder, None, None, NOW).page.read_bytes()]
