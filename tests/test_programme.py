"""programme.yaml: what it may say, and the one line that answers what it may not."""

import json
from pathlib import Path

import pytest

from blackstart import programme
from blackstart.outcome import UsageError


def loaded(folder: Path, text: str) -> programme.Programme:
    (folder / "programme.yaml").write_text(text)
    return programme.load(folder / "programme.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is not a mapping"),
        ("system: {", "is not YAML"),
        ("{}", "system: Field required"),
        ("{system: shop, ownr: me}", "ownr: Extra inputs are not permitted"),
        ("{system: shop, drills: [{experiment: a, every_days: 0}]}", "drills.0.every_days: Input should be greater"),
        ("{system: shop, drills: [{experiment: a, every_days: 1}, {experiment: a, every_days: 2}]}", "names 'a' twice"),
        ("{system: shop, objectives: {rto_s: -1}}", "objectives.rto_s: Input should be greater than 0"),
        ("{system: shop, approvals: [{name: x, on: 2026-01-01}]}", "approvals.0"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        loaded(tmp_path, text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_programme_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml cannot be read"):
        programme.find(tmp_path, tmp_path / "nowhere.yaml")
    assert programme.find(tmp_path, None) is None


def test_a_drill_s_own_targets_go_before_the_programme_s(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "{system: shop, objectives: {rto_s: 60, rpo_s: 5},"
        " drills: [{experiment: pod-loss, every_days: 7, objectives: {rto_s: 10}}]}",
    )
    assert (found.targets("pod-loss").rto_s, found.targets("pod-loss").rpo_s) == (10, 5)
    assert found.targets("region-loss").rto_s == 60


def test_the_schema_in_the_docs_is_the_model_s_own() -> None:
    schema = json.loads((Path(__file__).parents[1] / "docs/programme.schema.json").read_text())
    assert schema == programme.Programme.model_json_schema()


def test_the_example_in_the_docs_is_a_programme(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs/scorecard.md").read_text()
    found = loaded(tmp_path, text.split("```yaml\n")[1].split("```")[0])
    assert found.targets("pod-loss").rto_s == 10
    assert found.plan is not None
    assert found.plan.version == "3.2"
