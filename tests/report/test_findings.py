"""Findings: what the team wrote, or what the verdict suggests with room to write."""

import re

import pytest

from blackstart.report import page
from blackstart.report.findings import BLANK, findings
from blackstart.report.record import read
from tests.report.test_page import section

GIVEN = """\
findings:
  - id: GD-7
    text: The pods need 2.3 s to be ready; warm the standby first
    owner: Team Checkout
    due: 2027-01-31
    retest: region-loss in February
  - text: Nobody was paged
"""


def given(folder, text):
    (folder / "findings.yaml").write_text(text, encoding="utf-8")
    return findings(read(folder))


def test_what_the_team_wrote_is_the_table(make):
    folder = make("x", change={"outcome": "missed", "reasons": ["too slow"]})
    found = given(folder, GIVEN)
    assert [one.id for one in found.rows] == ["GD-7", "F-2"]
    assert not any(one.suggested for one in found.rows)
    told = section(page.write(folder).read_text(encoding="utf-8"), "findings")
    assert re.search(r"GD-7 The pods .*? Team Checkout 2027-01-31 region-loss in February", told)
    assert "suggested" not in told
    assert "To fill this in" not in told


def test_without_the_file_there_is_an_empty_form_and_how_to_fill_it(make):
    folder = make()
    found = findings(read(folder))
    assert (found.rows, found.blank) == ((), BLANK)
    told = section(page.write(folder).read_text(encoding="utf-8"), "findings")
    assert "blackstart report 20261122-103000-region-loss" in told
    assert "owner: who sees to it" in told


@pytest.mark.parametrize("outcome", ["missed", "inconclusive", "aborted", "refused"])
def test_the_reasons_of_a_drill_that_was_not_met_are_suggested_and_labelled(make, outcome):
    change = {"outcome": outcome, "reasons": ["too slow"], "restoration": {"state": "broken", "remaining": ["a dial"]}}
    folder = make("x", change=change)
    assert [one.text for one in findings(read(folder)).rows] == ["Still to put back: a dial", "too slow"]
    told = section(page.write(folder).read_text(encoding="utf-8"), "findings")
    assert "S-2 suggested too slow" in told
    assert "nobody has agreed on it yet" in told


def test_the_reasons_of_a_met_drill_are_no_findings(make):
    assert findings(read(make("x", change={"reasons": ["recovery took 6 s"]}))).rows == ()


def test_an_empty_list_was_filled_in_too(make):
    folder = make("x", change={"outcome": "missed", "reasons": ["too slow"]})
    assert given(folder, "findings: []") == findings(read(folder))
    assert "The team found nothing to write down" in section(page.write(folder).read_text("utf-8"), "findings")


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("findings: [", "line"),
        ("text: x", "no list named findings"),
        ("findings: 3", "no list named findings"),
        ("findings:\n  - owner: x", "finding 1 has no text"),
        ("findings:\n  - text: x\n    ownr: y", "unknown field ownr: use id, text, owner, due, retest"),
        ("findings:\n  - text: [x]", "finding 1: text is no text"),
        (BOMB + "findings:\n  - text: *m", "finding 1: text is no text"),
        ("findings:\n" + "  - text: x\n" * 201, "more than 200"),
        ("findings: []\n#" + "x" * 1_000_000, "larger than"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ],
)
def test_a_file_that_is_wrong_is_named_and_the_form_stays(make, text, problem):
    folder = make()
    found = given(folder, text)
    assert problem in found.problem
    assert found.blank == BLANK
    assert "mend it" in section(page.write(folder).read_text(encoding="utf-8"), "findings")
