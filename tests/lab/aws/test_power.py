"""Which calls a dead region silences, and for how long."""

import json
import time
from pathlib import Path

import pytest

from blackstart.lab.aws import power
from blackstart.lab.aws.call import Call


def call(service: str, region: str) -> Call:
    return Call(service, region, "Anything", {})


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    file = tmp_path / "regions.json"
    file.write_text(json.dumps({"eu-west-1": "off", "eu-central-1": "on"}))
    return file


def test_only_the_regional_apis_of_a_region_without_power(regions: Path) -> None:
    lab = power.RegionPower(regions)
    assert lab.silences(call("rds", "eu-west-1"))
    assert not lab.silences(call("rds", "eu-central-1"))
    assert not lab.silences(call("rds", "us-east-1"))
    assert not lab.silences(call("fis", "eu-west-1"))


def test_a_file_that_is_not_there_yet_means_power(tmp_path: Path) -> None:
    assert power.RegionPower(tmp_path / "regions.json").is_on("eu-west-1")


def test_a_call_hangs_for_a_limited_time(regions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "HANG_S", 0.3)
    began = time.monotonic()
    power.RegionPower(regions).hang("eu-west-1", None)
    assert time.monotonic() - began >= 0.3
