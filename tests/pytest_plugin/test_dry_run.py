from tests.pytest_plugin.repository import Repository

DRILL = """
import pytest

@pytest.mark.drill("region-loss", rto="7s")
def test_the_region_is_lost(drill):
    drill.run().met()
"""


def test_a_dry_run_shows_every_call_and_starts_nothing(repository: Repository) -> None:
    repository.write("test_own.py", DRILL)
    assert repository.pytest("--dry-run", "-rs") == 0, repository.output
    assert "1 skipped" in repository.output
    assert "dry run" in repository.output
    assert "rto_s 7.0" in repository.output
    assert "blackstart.actions.database.promote_database(region='standby')" in repository.output
    assert "blackstart.actions.fault_injection.stop_fault_injection(template='region-loss')" in repository.output
    assert not repository.home.exists()
    assert not repository.runs


def test_a_dry_run_shows_the_plan_under_xdist_too(repository: Repository) -> None:
    repository.write("test_own.py", DRILL)
    assert repository.pytest("--dry-run", "-n", "1") == 0, repository.output
    assert "blackstart.actions.database.promote_database(region='standby')" in repository.output


def test_a_dry_run_finds_an_experiment_that_is_not_valid(repository: Repository) -> None:
    repository.write(
        "own.yaml", "version: 1.0.0\ntitle: x\nextensions: [{name: blackstart, objectives: {}, instruments: {}}]\n"
    )
    repository.write("test_own.py", DRILL.replace("region-loss", "own.yaml"))
    assert repository.pytest("--dry-run") == 1, repository.output
    assert "own.yaml" in repository.output
