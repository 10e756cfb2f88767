"""Canaries at every place of the system, through one whole drill."""

import json
from pathlib import Path

import pytest
import yaml

from benchmarks.driver import Driver
from blackstart import experiment
from blackstart.history import History

pytestmark = [pytest.mark.proof, pytest.mark.lab, pytest.mark.timeout(300), pytest.mark.usefixtures("unchanged")]

PLACES = {
    "writer-record": {"at": "record:writer"},
    "reader-record": {"at": "record:reader"},
    "primary-writes": {"at": "database:primary"},
    "standby-writes": {"at": "database:standby"},
    "standby-reads": {"at": "database:standby", "access": "read"},
    "tcp-accelerator": {"at": "tcp:accelerator"},
    "tcp-alb": {"at": "tcp:alb:primary"},
    "tcp-database": {"at": "tcp:database:primary"},
}


@pytest.fixture
def watched_everywhere(tmp_path: Path) -> str:
    """The region's loss with a canary at every place, looking closer; the path of its file."""
    content = experiment.load("region-loss").runnable()
    instruments = content["extensions"][0]["instruments"]
    instruments["canaries"] += [{"name": name, "interval_ms": 100, **place} for name, place in PLACES.items()]
    instruments["adaptive"] = {"interval_ms": 5, "most_per_s": 200}
    path = tmp_path / "places.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return str(path)


def test_a_region_s_loss_is_seen_at_every_place(driver: Driver, watched_everywhere: str) -> None:
    drill = driver.drill(watched_everywhere)
    assert drill.verdict is not None, drill.output
    assert drill.exit_code == 0, drill.reasons
    history = History.open(drill.run_dir / "history")
    assert history.missing == {}
    kinds = {outage["observer"]: outage["kind"] for outage in drill.verdict["outages"]}
    assert {"primary-writes", "standby-writes", "tcp-alb", "tcp-database"} <= kinds.keys()
    for name in ("writer-record", "reader-record"):
        # The record moves with the failover, and back with the failback.
        targets = [dict(map(tuple, said["answers"])).get("CNAME", "") for said in history.answers[name].values]
        moved = [target.split(".")[-4] for i, target in enumerate(targets) if target not in targets[i - 1 : i]]
        assert moved == ["eu-west-1", "eu-central-1", "eu-west-1"]
    # A standby refuses writes until it is promoted, and serves reads before that.
    assert "error" in history.answers["standby-writes"].values[0]
    assert history.canaries["standby-writes"].good.any()
    assert history.canaries["standby-reads"].good[:5].all()
    assert history.canaries["accelerator"].extra.any()
    assert not history.canaries["primary-writes"].extra.any()
    plan = json.loads((drill.run_dir / "history/plan.json").read_text())
    passwords = {canary["name"]: canary["password"] for canary in plan["canaries"] if canary["password"] is not None}
    assert passwords == dict.fromkeys(("primary-writes", "standby-writes", "standby-reads"), "(redacted)")
