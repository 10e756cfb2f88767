"""Under pytest-xdist drills take turns, whoever runs them, and the lab is started once and stopped at the end."""

import json

import pytest

from tests.pytest_plugin.repository import Repository, dials_drill

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300)]

TESTS = """
import pytest

@pytest.mark.drill("short.yaml")
@pytest.mark.parametrize("number", [1, 2])
def test_turn(drill, number):
    assert drill.run().outcome == "inconclusive"
"""


def test_two_workers_never_drill_at_once(repository: Repository) -> None:
    repository.write("short.yaml", dials_drill(0.5))
    repository.write("test_own.py", TESTS)
    assert repository.pytest("-n", "2", "--dist", "load", "-v") == 0, repository.output
    assert "[gw0]" in repository.output
    assert "[gw1]" in repository.output
    first, second = sorted(span(run) for run in repository.runs)
    assert first[1] < second[0]
    assert not list(repository.home.glob("labs/*/lab.json")), "the lab that was started is stopped"


def span(run: object) -> tuple[int, int]:
    times = [json.loads(line)["t"] for line in (run / "events.jsonl").read_text().splitlines()]  # type: ignore[operator]
    return times[0], times[-1]
