"""What the run of the simulations claims, from cases that are known; and a small run of it, start to end."""

from pathlib import Path

import pytest

from benchmarks import simulations
from benchmarks.simulations import Told, counted, document, outcomes, proven

GOOD = {
    "simulation": "outages",
    "had": ["extra probes"],
    "could_have": ["extra probes", "flaps"],
    "width_s": {"end": [0.02, 0.05]},
    "untrue": [],
}
PASSED = Told("test_outages", 3.0)


def test_what_was_drawn_is_counted_with_what_never_came():
    (found,) = counted([GOOD, GOOD | {"had": [], "width_s": {"end": [1.0]}}])
    assert (found.cases, found.true) == (2, 2)
    assert dict(found.had) == {"extra probes": 1, "flaps": 0}
    assert found.width_s == {"end": [0.02, 0.05, 1.0]}


def test_all_true_and_enough_of_them_is_proven():
    assert proven(counted([GOOD, GOOD]), [PASSED], 2)


@pytest.mark.parametrize(
    ("cases", "told", "wanted"),
    [
        ([], [], 0),
        ([GOOD], [PASSED], 2),
        ([GOOD, GOOD | {"untrue": ["the true end"]}], [PASSED], 2),
        ([GOOD, GOOD], [Told("test_outages", 3.0, "assert not ['the true end']")], 2),
        ([GOOD, GOOD], [PASSED, Told("test_orders", 1.0)], 2),
    ],
)
def test_too_few_or_untrue_or_failed_or_untold_is_not(cases, told, wanted):
    assert not proven(counted(cases), told, wanted)


def test_the_document_tells_how_wide_and_what_failed_in_full():
    failed = Told("test_orders", 1.0, "Failing test case: seed 7\nsecond line")
    text = "\n".join(document(counted([GOOD]), [PASSED, failed], "7"))
    assert "| end | 2 | 35.0 | 50.0 |" in text
    assert "| extra probes | 1 | 100.0% |" in text
    assert "| outages | 1 | 1 | yes |" in text
    assert "Failing test case: seed 7\nsecond line" in text


def test_pytest_tells_what_failed_and_how():
    report = (
        '<r><testcase name="a" time="1.5"/><testcase name="b"><failure message="m">all of it</failure></testcase></r>'
    )
    assert outcomes(report) == [Told("a", 1.5), Told("b", 0, "all of it")]


def test_a_small_run_from_start_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BLACKSTART_CASES", "3")
    monkeypatch.setenv("BLACKSTART_SEED", "1")
    monkeypatch.setattr(simulations, "TESTS", "tests/judge/test_loss.py")
    monkeypatch.setattr(simulations, "DOCUMENT", tmp_path / "simulations.md")
    assert simulations.main() == 0
    text = (tmp_path / "simulations.md").read_text(encoding="utf-8")
    assert "| loss by sets | 3 | 3 | yes |" in text
