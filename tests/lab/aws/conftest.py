"""The real AWS API process in front of a small plant, on loopback block 102."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import blackstart
from blackstart.lab.layout import Layout, Ports
from blackstart.lab.specification import Specification


def _load_double() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plant_double", Path(__file__).with_name("plant_double.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


double = _load_double()


class Api:
    """A running API process: its layout, its plant, its resources, and clients of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layout = _layout()
        self.plant = double.PlantDouble(self.layout, folder / "regions.json")
        (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nlab\n-----END CERTIFICATE-----\n")
        config = folder / "config.json"
        config.write_text(json.dumps(self.configuration()))
        self.log = (folder / "log").open("w+")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "blackstart.lab.aws", str(config)],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(blackstart.__file__).parents[1])},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.start_s = time.monotonic() - began
        assert line == "ready\n", (folder / "log").read_text()
        self.resources: dict[str, Any] = json.loads((folder / "aws" / "resources.json").read_text())

    def configuration(self) -> dict[str, Any]:
        return {
            "layout": self.layout.as_json(),
            "specification": Specification().as_json(),
            "state": str(self.folder),
            "regions_file": str(self.folder / "regions.json"),
            "plant_url": self.layout.plant_url,
            "plant_token": double.TOKEN,
            "kubernetes": {
                region: {
                    "url": f"https://{self.layout.kubernetes_link(0, region)}:6443",
                    "ca_file": str(self.folder / "ca.pem"),
                }
                for region in self.layout.regions
            },
            "database_password": "correct-horse",
        }

    def client(self, service: str, region: str = "eu-central-1", **config: Any) -> Any:
        """Return a boto3 client of this API."""
        import boto3
        from botocore.config import Config

        retries = {"total_max_attempts": config.pop("attempts", 1)}
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.layout.api_url,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries=retries, connect_timeout=5, read_timeout=config.pop("read_timeout", 30)),
        )

    def power(self, region: str, power: str) -> None:
        """Change a region's power behind the API's back, as the plant's other doors can."""
        self.plant.regions[region] = power
        self.plant.write_regions()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()
        self.plant.close()


def _layout() -> Layout:
    def free() -> int:
        with socket.socket() as probe:
            probe.bind(("127.102.0.1", 0))
            return int(probe.getsockname()[1])

    names = ("api", "plant", "http", "admin", "database", "cache", "dns", "kubernetes")
    return Layout(102, Ports(**{name: free() for name in names}), ("eu-west-1", "eu-central-1"))


@pytest.fixture(scope="session")
def running_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    running = Api(tmp_path_factory.mktemp("aws"))
    yield running
    running.close()


@pytest.fixture
def api(running_api: Api) -> Api:
    """The one API that all tests share, with a plant that has heard and done nothing yet."""
    running_api.plant.reset()
    return running_api


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Api]]:
    """Start an API for one test alone."""
    started: list[Api] = []

    def begin() -> Api:
        started.append(Api(tmp_path))
        return started[-1]

    yield begin
    for api in started:
        api.close()


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Poll a condition until it holds, for at most 20 s; return its value."""

    def poll(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError("it did not happen within 20 s")

    return poll
