"""What a failed drill says, from recorded runs with a known truth."""

from pathlib import Path

from blackstart import judge
from blackstart.pytest_plugin import explanation, properties
from tests.judge.run_folder import Drill


def test_a_missed_drill_says_which_bound_which_phase_and_which_writes(tmp_path: Path) -> None:
    run_dir = Drill(unreplicated_s=1.0, rto_s=2.0, rpo_s=0.5).write(tmp_path / "run")
    told = explanation.of(judge.write(run_dir), run_dir)
    headline, *_ = told.splitlines()
    assert headline.startswith("region-loss missed its objectives: Recovery time (RTO): ")
    assert "objective ≤ 2 s; Data loss (RPO), orders: " in headline
    assert "longest phase  " in told
    lost = judge.lost_writes(run_dir)
    assert f"{sum(span.count for span in lost)} acknowledged: {lost[0]}" in told
    assert told.splitlines()[-1] == f"  report         {run_dir / 'report.html'}"


def test_an_inconclusive_drill_says_its_first_reason_at_once(tmp_path: Path) -> None:
    run_dir = Drill(fault_proved=False).write(tmp_path / "run")
    verdict = judge.write(run_dir)
    headline = explanation.of(verdict, run_dir).splitlines()[0]
    assert headline == f"region-loss is inconclusive: {verdict['reasons'][0]}"


def test_what_is_still_to_do_comes_before_the_outcome(tmp_path: Path) -> None:
    for state, command in (("holding", "failback"), ("broken", "restore")):
        run_dir = Drill(restoration=state).write(tmp_path / state)
        told = explanation.of(judge.write(run_dir), run_dir)
        assert f"Next: blackstart {command} {run_dir}" in told.splitlines()[0]


def test_an_interruption_names_what_it_was(tmp_path: Path) -> None:
    run_dir = Drill().write(tmp_path / "run")
    told = explanation.of(judge.write(run_dir), run_dir, "SIGALRM").splitlines()[0]
    assert told == "region-loss was interrupted by its time limit; everything is as it was before the drill"


def test_no_phase_comes_before_the_fault(tmp_path: Path) -> None:
    run_dir = Drill().write(tmp_path / "run")
    names = [name for name, _, _ in explanation.course(judge.write(run_dir))]
    assert names[0] == "fault_injected"
    assert names.index("first_failure") < names.index("recovered")


def test_properties_name_nothing_that_was_not_measured(tmp_path: Path) -> None:
    run_dir = Drill(survivors_read=False, rpo_s=None).write(tmp_path / "run")
    told = properties.of(judge.write(run_dir), run_dir)
    assert told["rpo"] is None
    assert told["rpo_objective"] is None
    assert told["rto_objective"] == "60 s"
