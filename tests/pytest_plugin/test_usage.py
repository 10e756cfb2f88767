"""What cannot be meant stops the session before anything is started, by a line that names the test."""

import pytest

from tests.pytest_plugin.repository import Repository

USAGE_ERROR = 4


def drill_test(marker: str, argument: str = "drill") -> str:
    return f"import pytest\n\n@pytest.mark.drill({marker})\ndef test_it({argument}):\n    drill.run()\n"


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ('"region-loss", rto="60"', "'60' is no span of time"),
        ('"region-loss", rto="0s"', "'0s' can never be met"),
        ('"region-loss", rpo=2', "2 is no span of time"),
        ('"region-loss", rta="60s"', "'rta' is no objective: use rto, rpo, warm, failed_requests"),
        ('"region-loss", failed_requests="none"', "'none' is no number of requests"),
        ('"regoin-loss"', "experiment 'regoin-loss' is not known"),
        ("", "name one experiment"),
    ],
)
def test_a_marker_that_cannot_be_meant(repository: Repository, marker: str, says: str) -> None:
    repository.write("test_own.py", drill_test(marker))
    assert repository.pytest() == USAGE_ERROR, repository.output
    assert "test_own.py::test_it: @pytest.mark.drill: " in repository.output
    assert says in repository.output
    assert not repository.home.exists()


def test_a_marked_test_that_takes_no_drill(repository: Repository) -> None:
    repository.write("test_own.py", drill_test('"region-loss"', argument=""))
    assert repository.pytest() == USAGE_ERROR, repository.output
    assert "test_own.py::test_it: marked as a drill, but it takes no `drill`" in repository.output


def test_a_drill_without_a_marker(repository: Repository) -> None:
    repository.write("test_own.py", "def test_it(drill):\n    drill.run()\n")
    assert repository.pytest() == 1, repository.output
    assert "test_own.py::test_it has no marker" in repository.output


def test_a_topology_that_is_not_there(repository: Repository) -> None:
    repository.write("test_own.py", drill_test('"region-loss"'))
    assert repository.pytest("--topology", "none.yaml") == USAGE_ERROR
    assert "--topology none.yaml is not a file" in repository.output


def test_under_xdist_no_drill_of_the_session_is_run(repository: Repository) -> None:
    good = '\n@pytest.mark.drill("region-loss")\ndef test_good(drill):\n    drill.run()\n'
    repository.write("test_own.py", drill_test('"region-loss", rto="60"') + good)
    assert repository.pytest("-n", "2") == 1, repository.output
    assert "region-loss was not run: test_own.py::test_it: @pytest.mark.drill: rto: '60'" in repository.output
    assert "2 failed" in repository.output.replace("1 failed, 1 error", "2 failed")
    assert not repository.home.exists()
