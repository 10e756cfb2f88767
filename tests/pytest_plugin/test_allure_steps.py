"""A drill's course as steps: from a recorded run with a known truth."""

from itertools import pairwise
from pathlib import Path

from blackstart import judge
from blackstart.pytest_plugin import allure_steps
from tests.judge.run_folder import Drill


def test_phases_follow_each_other_from_the_fault_on(tmp_path: Path) -> None:
    (phases,) = allure_steps.phases(judge.write(Drill().write(tmp_path / "run")))
    assert phases.parameters["RTO"] != "not measured"
    assert all(step.start_ms <= step.stop_ms for step in phases.steps)
    assert any(step.name.startswith("Recovered (") for step in phases.steps)


def test_activities_stand_in_the_parts_of_the_drill_with_their_own_times(tmp_path: Path) -> None:
    run_dir = Drill().write(tmp_path / "run")
    parts = list(allure_steps.activities(judge.write(run_dir), run_dir))
    assert parts
    for before, after in pairwise(parts):
        assert before.start_ms <= after.start_ms
    assert all(part.start_ms <= step.start_ms <= step.stop_ms for part in parts for step in part.steps)


def test_a_run_without_a_record_has_no_steps(tmp_path: Path) -> None:
    verdict = judge.run(tmp_path)
    assert not list(allure_steps.phases(verdict))
    assert not list(allure_steps.activities(verdict, tmp_path))
