"""The primary's cache dies: the shop serves, and the drill proves how long it takes until the cache is warm."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from benchmarks.driver import Drill, Driver
from blackstart import topology
from tests.drill.conftest import changed_topology, experiment_without, impatient

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]


@pytest.fixture(scope="module")
def drill(driver: Driver) -> Drill:
    return driver.drill("cache-loss")


@pytest.fixture
def verdict(drill: Drill) -> dict[str, Any]:
    assert drill.verdict is not None, drill.output
    return drill.verdict


def test_the_shop_serves_and_the_cache_is_warm_again(drill: Drill, verdict: dict[str, Any]) -> None:
    assert drill.exit_code == 0, drill.output + drill.reasons
    assert verdict["outcome"] == "met"
    assert verdict["failed_requests"] == 0
    assert verdict["stores"]["orders"]["lost"] == 0
    assert verdict["failover"] == "none"
    (fault,) = verdict["faults"]
    assert fault["bit"] is True
    assert fault["undone"] is True
    assert "cache" in undo_evidence(drill)


def test_warmth_is_dated_after_the_cache_came_back(driver: Driver, verdict: dict[str, Any]) -> None:
    off, on = instants(driver, verdict)
    fault = verdict["faults"][0]["injected_at"]
    assert fault["earliest_s"] <= off <= fault["latest_s"]
    (warm,) = [phase for phase in verdict["phases"] if phase["name"] == "warm"]
    assert warm["at"]["latest_s"] >= on > off
    assert verdict["warm"]["latest_s"] >= on - off
    assert verdict["warm"]["earliest_s"] <= verdict["warm"]["latest_s"] <= 15


def test_a_cache_that_stays_away_is_never_met(driver: Driver, tmp_path: Path) -> None:
    never = experiment_without("let the cache come back", tmp_path, "cache-loss")
    drill = driver.drill(never, impatient(driver, tmp_path))
    assert drill.exit_code in (1, 3), drill.output
    assert "activity 'the cache is warm' failed: the cache is not warm" in drill.reasons
    assert drill.verdict is not None
    assert drill.verdict["restoration"]["state"] == "restored"


def test_a_cache_that_is_dead_already_stops_the_drill_before_it_starts(driver: Driver) -> None:
    with lost_cache(driver):
        drill = driver.drill("cache-loss")
    assert drill.exit_code == 2, drill.output
    assert "the cache of eu-west-1 is not there or out of reach" in drill.output


def test_a_topology_without_the_cache_is_bad_input(driver: Driver, tmp_path: Path) -> None:
    bare = changed_topology(driver, tmp_path, lambda data: data["regions"][data["primary"]].pop("cache"))
    drill = driver.drill("cache-loss", bare)
    assert drill.exit_code == 2, drill.output
    assert "regions.eu-west-1.cache is not in topology" in drill.output


def test_a_template_that_leaves_the_cache_alone_does_not_bite(driver: Driver, tmp_path: Path) -> None:
    harmless = changed_topology(driver, tmp_path, waits_only)
    drill = driver.drill("cache-loss", harmless)
    assert drill.exit_code == 3, drill.output
    assert "the fault did not bite: cache of eu-west-1 answers as it should" in drill.reasons


def undo_evidence(drill: Drill) -> str:
    lines = [json.loads(line) for line in (drill.run_dir / "undo.jsonl").read_text().splitlines()]
    return next(str(line["evidence"]) for line in lines if line["event"] == "proved")


def instants(driver: Driver, verdict: dict[str, Any]) -> tuple[float, float]:
    """Return when the lab killed the cache in this drill, and when it was back, in seconds since the drill's zero."""
    zero = verdict["clock"]["monotonic_zero_ns"]
    told = [entry for entry in driver.status()["truth"] if entry["t"] >= zero]
    off, on = (next(entry["t"] for entry in told if entry["what"] == what) for what in ("cache off", "cache on"))
    return (off - zero) / 1e9, (on - zero) / 1e9


def waits_only(data: dict[str, Any]) -> None:
    """Let the topology name a template that injects nothing, and be impatient."""
    data["patience_s"] = 4
    fault = data["fault_injection"]["cache-loss"]
    fault["template"] = client(data["aws"]["endpoint_url"], fault["region"]).create_experiment_template(
        clientToken="waits-only",
        description="injects nothing",
        stopConditions=[{"source": "none"}],
        actions={"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5M"}}},
        roleArn="arn:aws:iam::123456789012:role/blackstart-drill",
    )["experimentTemplate"]["id"]


@contextmanager
def lost_cache(driver: Driver) -> Iterator[None]:
    """Lose the cache without a drill."""
    system = topology.load(Path(driver.status()["urls"]["topology"]))
    fault = system.fault_injection["cache-loss"]
    fis = client(str(system.aws.endpoint_url), fault.region)
    experiment = fis.start_experiment(experimentTemplateId=fault.template, clientToken="lost")["experiment"]["id"]
    wait(fis, experiment, "running")
    try:
        yield
    finally:
        fis.stop_experiment(id=experiment)
        wait(fis, experiment, "stopped")


def wait(fis: Any, experiment: str, state: str) -> None:
    while fis.get_experiment(id=experiment)["experiment"]["state"]["status"] != state:
        time.sleep(0.1)


def client(endpoint: str, region: str) -> Any:
    session = boto3.Session(aws_access_key_id="lab", aws_secret_access_key="lab", region_name=region)
    return session.client("fis", endpoint_url=endpoint)
