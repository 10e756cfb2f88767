"""A drill that proves nothing is never met, however well it seems to go."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from benchmarks.driver import Driver
from tests.drill.conftest import changed_topology

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


@pytest.mark.proof
def test_a_disaster_that_ends_by_itself_proves_no_recovery(driver: Driver, tmp_path: Path) -> None:
    topology = changed_topology(driver, tmp_path, lambda data: shorten_the_fault(data, "PT3S"))
    drill = driver.drill(topology=topology)
    assert drill.exit_code == 3, drill.output
    assert "had ended by itself" in drill.reasons


def test_orders_of_other_runs_stop_a_drill_before_it_starts(driver: Driver, tmp_path: Path) -> None:
    def every_order(data: dict[str, Any]) -> None:
        data["orders"]["read_back"]["sql"] = "SELECT writer, seq FROM orders"

    drill = driver.drill(topology=changed_topology(driver, tmp_path, every_order))
    assert drill.exit_code == 2, drill.output
    assert "it must select by %(run)s" in drill.output


def shorten_the_fault(data: dict[str, Any], duration: str) -> None:
    """Let the topology name a copy of the lab's template that ends sooner."""
    fault = data["fault_injection"]["region-loss"]
    session = boto3.Session(aws_access_key_id="lab", aws_secret_access_key="lab", region_name=fault["region"])
    fis = session.client("fis", endpoint_url=data["aws"]["endpoint_url"])
    whole = fis.get_experiment_template(id=fault["template"])["experimentTemplate"]
    actions = {
        name: {"actionId": action["actionId"], "parameters": {**action["parameters"], "duration": duration}}
        for name, action in whole["actions"].items()
    }
    fault["template"] = fis.create_experiment_template(
        clientToken=f"shorter-{duration}",
        description="ends sooner",
        stopConditions=[{"source": "none"}],
        targets={},
        actions=actions,
        roleArn=whole["roleArn"],
    )["experimentTemplate"]["id"]
