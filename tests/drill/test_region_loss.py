"""The whole drill, from the command line, in a real lab."""

from html.parser import HTMLParser
from typing import Any

import pytest

from benchmarks.driver import Drill, Driver

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def drill(driver: Driver) -> Drill:
    before = driver.configuration()
    ended = driver.drill()
    assert driver.configuration() == before
    return ended


@pytest.fixture(scope="module")
def verdict(drill: Drill) -> dict[str, Any]:
    assert drill.verdict is not None, drill.output
    return drill.verdict


def test_the_region_is_lost_and_recovery_is_proved(drill: Drill, verdict: dict[str, Any]) -> None:
    assert drill.exit_code == 0, drill.output + drill.reasons
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


def test_the_phases_come_in_order(verdict: dict[str, Any]) -> None:
    at = {phase["name"]: phase["at"]["point_s"] for phase in verdict["phases"] if phase["at"]}
    order = [
        "fault_injected",
        "first_failure",
        "declared",
        "decided",
        "promoted",
        "capacity",
        "routed",
        "recovered",
        "detected",
    ]
    assert [name for name in order if name not in at] == []
    assert at["fault_injected"] < at["declared"] <= at["decided"] < at["promoted"] < at["capacity"] < at["recovered"]


def test_the_report_is_one_file_without_a_network(drill: Drill) -> None:
    page = (drill.run_dir / "report.html").read_text()
    loads: list[str] = []

    class Loads(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "link", "img", "iframe"):
                loads.extend(value for name, value in attrs if name in ("src", "href") and value)

    Loads().feed(page)
    assert loads == []
    assert len(page) < 1_000_000


def test_judging_again_gives_the_same_bytes(driver: Driver, drill: Drill) -> None:
    path = drill.run_dir / "verdict.json"
    before = path.read_bytes()
    assert driver.command("judge", str(drill.run_dir)).returncode == 0
    assert path.read_bytes() == before


def test_the_verdict_contains_the_truth_that_the_lab_knows(driver: Driver, verdict: dict[str, Any]) -> None:
    """The lab knows when it killed the region; the verdict's interval for the fault must hold that instant."""
    kills = [entry["t"] for entry in driver.status()["truth"] if entry["what"] == "power off"]
    injected, zero = verdict["faults"][0]["injected_at"], verdict["clock"]["monotonic_zero_ns"]
    since_zero = [(kill - zero) / 1e9 for kill in kills]
    assert any(injected["earliest_s"] <= kill <= injected["latest_s"] for kill in since_zero)


def test_the_old_primary_was_read_and_the_engine_agrees(driver: Driver, verdict: dict[str, Any]) -> None:
    """The old writer's own log, the content of its last state and the ledger tell of the same writes."""
    orders = verdict["stores"]["orders"]
    assert orders["lost"] <= orders["divergent"] <= orders["lost_at_most"]
    assert orders["engine_gap"]["transactions"] == orders["divergent"]
    assert orders["engine_gap"]["beyond_divergent"] == 0
    assert orders["split_brain"] == 0
    assert driver.status()["aurora"]["restored"] == []


def test_the_service_s_own_lag_stands_beside_it(verdict: dict[str, Any]) -> None:
    (name, lag), *others = verdict["stores"]["orders"]["lag_metrics"].items()
    assert not others
    assert name == "AuroraGlobalDBReplicationLag in eu-central-1, ms"
    assert lag["last_before_fault"] >= 0


def test_every_contracted_field_of_the_verdict_is_there(verdict: dict[str, Any]) -> None:
    assert set(verdict) >= {
        *("schema", "run", "experiment", "started_at", "clock", "environment", "fidelity", "outcome", "reasons"),
        *("objectives", "rto", "recovery", "downtime", "outages", "phases", "stores", "faults", "restoration"),
        "versions",
    }
    assert set(verdict["stores"]["orders"]) >= {
        *("acknowledged", "survived", "lost", "indeterminate", "recovered_unknown", "holes", "phantoms"),
        *("rolled_back", "duplicates", "divergent", "lost_after_fault", "rpo", "engine_gap", "lag_metrics"),
    }
    assert set(verdict["recovery"]) == {"from_fault", "from_first_failure", "from_declaration"}
