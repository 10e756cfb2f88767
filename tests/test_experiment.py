import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blackstart import experiment
from blackstart.drill import run
from blackstart.outcome import UsageError


def content() -> dict[str, Any]:
    return experiment.load("region-loss").runnable()


def written(tmp_path: Path, data: object) -> str:
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(data))
    return str(path)


@pytest.mark.parametrize("name", experiment.names())
def test_every_experiment_that_comes_with_blackstart_is_valid(name: str) -> None:
    loaded = experiment.load(name)
    run.check(loaded)
    assert loaded.declaration.fidelity, "an experiment says what it does not show"


def test_an_experiment_can_be_a_path(tmp_path: Path) -> None:
    assert experiment.load(written(tmp_path, content())).name == "own"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'region-los' is not known: use one of .*region-loss"):
        experiment.load("region-los")


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("title: [\n")
    with pytest.raises(UsageError, match=r"own.yaml, line 2, column 1 is not YAML"):
        experiment.load(str(path))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: e["objectives"].update(rto=3), "objectives.rto"),
        (lambda e: e["objectives"].update(rto_s=-1), "objectives.rto_s"),
        (lambda e: e["instruments"]["canaries"][0].update(at="nowhere"), "instruments.canaries.0.at"),
        (lambda e: e.update(runbook=["pray"]), "runbook names 'pray'"),
        (lambda e: e.update(name="other"), "extensions has no 'blackstart' entry"),
    ],
)
def test_a_wrong_declaration_is_named_in_one_line(change: Any, says: str, tmp_path: Path) -> None:
    data = content()
    change(data["extensions"][0])
    with pytest.raises(UsageError) as error:
        experiment.load(written(tmp_path, data))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_an_activity_that_does_not_exist_is_found_before_anything_starts(tmp_path: Path) -> None:
    data = content()
    data["method"][1]["provider"]["func"] = "start_everything"
    with pytest.raises(UsageError, match="start_everything"):
        run.check(experiment.load(written(tmp_path, data)))


def test_the_schema_in_the_docs_is_the_models_own() -> None:
    schema = json.loads((Path(__file__).parents[1] / "docs/experiment.schema.json").read_text())
    assert schema == experiment.Declaration.model_json_schema()
