"""Drills as tests on a lab that is up: what fails, how it reads, and what JUnit and Allure are told."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from blackstart.pytest_plugin import allure_results
from tests.pytest_plugin.repository import Repository, dials_drill

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300)]

TESTS = """
import logging
import pytest

@pytest.mark.drill("short.yaml", rto="9s")
def test_inconclusive(drill, caplog):
    result = drill.run()
    assert caplog.handler is not None and logging.getLogger("chaostoolkit").propagate
    result.met()

@pytest.mark.drill("short.yaml")
def test_unasked(drill):
    drill.run()

@pytest.mark.drill("short.yaml")
def test_never_run(drill):
    pass

def test_system(lab, topology):
    assert topology.name == "shop-lab"
    assert lab.status()["state"] == "up"
"""


@pytest.fixture(scope="module")
def ran(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One session for all tests below: two short drills."""
    before = driver.configuration()
    repository = Repository(tmp_path_factory.mktemp("own"), driver.folder / "home")
    repository.write("short.yaml", dials_drill(0.5))
    repository.write("test_own.py", TESTS)
    assert repository.pytest("--junitxml", "junit.xml", "--alluredir", "allure", "--reports", "kept") == 1
    assert driver.configuration() == before
    return repository


def test_an_inconclusive_drill_fails_with_its_reasons(ran: Repository) -> None:
    assert "test_own.py::test_inconclusive - Failed: short is inconclusive: " in ran.output
    assert "no fault" in block(ran, "test_inconclusive")
    assert "everything is as it was before the drill" in block(ran, "test_inconclusive")


def test_a_test_that_asks_nothing_fails(ran: Repository) -> None:
    assert "the test never asked how it ended" in block(ran, "test_unasked")
    assert "ran none: call `drill.run()`" in block(ran, "test_never_run")


def test_the_fixtures_give_the_lab_that_is_up(ran: Repository) -> None:
    assert "1 passed" in ran.output


def test_each_run_has_its_folder_with_the_objectives_of_its_marker(ran: Repository) -> None:
    verdicts = [json.loads(path.read_text()) for path in sorted((ran.folder / "kept").glob("*/verdict.json"))]
    assert [verdict["objectives"]["rto_s"] for verdict in verdicts] == [9.0, 30.0]
    assert not (ran.folder / "reports").exists()


def test_junit_has_the_figures_and_one_readable_block(ran: Repository) -> None:
    case = case_of(ran, "test_inconclusive")
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert properties["outcome"] == "inconclusive"
    assert properties["rto_objective"] == "9 s"
    assert properties["restoration"] == "restored"
    assert Path(str(properties["report"])).exists()


def test_allure_has_the_course_as_steps_and_the_evidence(ran: Repository) -> None:
    result = allure(ran, "test_inconclusive")
    assert result["status"] == "failed"
    steps = {step["name"]: step for step in result["steps"]}
    method = steps["Method"]
    assert [step["name"] for step in method["steps"]] == ["action: turn the primary's dial down", "probe: wait"]
    assert all(result["start"] <= s["start"] <= s["stop"] <= result["stop"] for s in method["steps"])
    assert method["steps"][1]["stop"] - method["steps"][1]["start"] >= 400
    attached = {attachment["name"] for attachment in result["attachments"]}
    assert {"Report", "Report on paper", "Verdict", "Timeline of events", "Chaos Toolkit journal"} <= attached
    assert {"RTO objective": "9 s"}.items() <= {p["name"]: p["value"] for p in result["parameters"]}.items()
    labels = {label["name"]: label["value"] for label in result["labels"]}
    assert labels["epic"] == "Disaster recovery (lab)"
    assert labels["severity"] == "blocker"


def block(ran: Repository, test: str) -> str:
    (failure,) = case_of(ran, test).iter("failure")
    return str(failure.text)


def case_of(ran: Repository, test: str) -> ElementTree.Element:
    tree = ElementTree.parse(ran.folder / "junit.xml")
    return next(case for case in tree.iter("testcase") if case.get("name") == test)


def allure(ran: Repository, test: str) -> dict[str, Any]:
    name = allure_results.sentence(test)
    results = (json.loads(path.read_text()) for path in (ran.folder / "allure").glob("*-result.json"))
    return next(result for result in results if result["name"] == name)
