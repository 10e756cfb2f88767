"""The whole drill, from the command line, in a real lab."""

import json
from html.parser import HTMLParser

import pytest

from benchmarks.driver import Driver

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.mark.usefixtures("unchanged")
def test_the_region_is_lost_and_recovery_is_proved(driver: Driver) -> None:
    drill = driver.drill()

    assert drill.exit_code == 0, drill.output + drill.reasons
    verdict = drill.verdict
    assert verdict is not None
    assert verdict["outcome"] == "met"
    assert verdict["restoration"] == {"state": "restored", "remaining": []}
    rto = verdict["rto"]
    assert 0 < rto["earliest_s"] <= rto["point_s"] <= rto["latest_s"] <= 30
    orders = verdict["stores"]["orders"]
    assert orders["acknowledged"] > 100
    assert orders["survived"] == orders["acknowledged"] - orders["lost"]
    assert 0 <= orders["rpo"]["earliest_s"] <= orders["rpo"]["latest_s"]
    assert verdict["stores"]["orders-after-failback"]["lost"] == 0
    (fault, *others) = verdict["faults"]
    assert fault["bit"] is True
    assert all(act["undone"] for act in (fault, *others) if act["kind"] == "revertible" and act.get("role") != "undo")
    assert all(word in drill.output for word in ("RTO", "RPO", str(drill.run_dir / "report.html")))


def test_the_phases_come_in_order(driver: Driver) -> None:
    verdict = json.loads(next(iter(sorted(driver.folder.glob("reports/*/verdict.json")))).read_text())
    at = {phase["name"]: phase["at"]["point_s"] for phase in verdict["phases"] if phase["at"]}
    order = ["fault_injected", "first_failure", "declared", "promoted", "capacity", "routed", "recovered"]
    assert [name for name in order if name not in at] == []
    assert at["fault_injected"] < at["declared"] < at["promoted"] < at["capacity"] < at["recovered"]


def test_the_report_is_one_file_without_a_network(driver: Driver) -> None:
    page = next(iter(sorted(driver.folder.glob("reports/*/report.html")))).read_text()
    loads: list[str] = []

    class Loads(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "link", "img", "iframe"):
                loads.extend(value for name, value in attrs if name in ("src", "href") and value)

    Loads().feed(page)
    assert loads == []
    assert len(page) < 1_000_000


def test_judging_again_gives_the_same_bytes(driver: Driver) -> None:
    path = next(iter(sorted(driver.folder.glob("reports/*/verdict.json"))))
    before = path.read_bytes()
    assert driver.command("judge", str(path.parent)).returncode == 0
    assert path.read_bytes() == before
