"""Every target is looked at before anything is started: what is not there, or not ready, stops a drill here."""

import re
import socket
import socketserver
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from benchmarks.driver import Driver
from blackstart import experiment, topology
from blackstart.clock import SystemClock
from blackstart.drill import preflight
from blackstart.outcome import UsageError
from blackstart.platform.setting import Setting
from tests.drill.conftest import changed_topology

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]

PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


def looked_at(topology_path: Path, folder: Path) -> Setting:
    here = Setting(topology.load(topology_path), folder / "run", SystemClock())
    preflight.check(experiment.load("region-loss"), here)
    return here


@pytest.mark.usefixtures("unchanged")
def test_all_that_is_there_is_found_and_left_as_it_is(driver: Driver, tmp_path: Path) -> None:
    here = looked_at(changed_topology(driver, tmp_path, lambda d: None), tmp_path)
    assert not here.run_dir.exists()


class HangingUp(socketserver.BaseRequestHandler):
    """Resets the first connection, and answers every other one."""

    def handle(self) -> None:
        asked.append(self.request.recv(1 << 16))
        if len(asked) == 1:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


asked: list[bytes] = []


def test_an_entry_that_resets_one_connection_is_asked_again(driver: Driver, tmp_path: Path) -> None:
    asked.clear()
    with socketserver.TCPServer(("127.0.0.1", 0), HangingUp) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        entry = f"http://127.0.0.1:{server.server_address[1]}"
        looked_at(changed_topology(driver, tmp_path, lambda d: d["accelerator"].update(url=entry)), tmp_path)
        server.shutdown()
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["database"].update(global_cluster="gone"), "global cluster 'gone' is not there"),
        (
            lambda d: d["regions"][STANDBY]["kubernetes"].update(deployment="gone"),
            "deployment shop/gone in eu-central-1",
        ),
        (lambda d: d["regions"][PRIMARY]["kubernetes"].update(cluster="gone"), "deployment shop/shop in eu-west-1"),
        (lambda d: d["regions"][PRIMARY].update(account="999999999999"), "account 999999999999 in eu-west-1"),
        (lambda d: d["regions"][PRIMARY]["kubernetes"].update(selector="app=gone"), "its pods do not carry app=gone"),
        (
            lambda d: d["regions"][STANDBY]["kubernetes"].update(selector="app=shop,tier==gone"),
            "its pods do not carry tier=gone",
        ),
        (lambda d: d["regions"][PRIMARY]["kubernetes"].update(replicas=5), "2 of 5 pods are there"),
        (lambda d: d["regions"][PRIMARY]["kubernetes"].update(selector="app notin (shop)"), "0 of 2 pods are there"),
        (
            lambda d: d["fault_injection"]["region-loss"].update(template="EXTgone"),
            "FIS template region-loss (EXTgone)",
        ),
        (lambda d: d["database"]["writer"]["record"].update(name="gone.shop.internal"), "record gone.shop.internal"),
        (lambda d: d["database"]["credentials"].update(secret="gone"), "secret 'gone' in eu-west-1"),
        (lambda d: d["accelerator"].update(listener=d["accelerator"]["arn"] + "/listener/gone"), "accelerator arn:"),
        (lambda d: d["fault_injection"].pop("region-loss"), "fault_injection.region-loss is not in topology"),
        (lambda d: d["aws"]["credentials"].update(profile="gone"), "gone"),
    ],
)
def test_a_target_that_is_not_there(
    driver: Driver, tmp_path: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        looked_at(changed_topology(driver, tmp_path, change), tmp_path)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("unchanged")
def test_a_drill_whose_target_is_not_there_is_one_line_and_leaves_nothing(driver: Driver, tmp_path: Path) -> None:
    gone = changed_topology(driver, tmp_path, lambda d: d["database"].update(global_cluster="gone"))
    drill = driver.drill(topology=gone)
    assert drill.exit_code == 2, drill.output
    (line,) = [line for line in drill.output.splitlines() if line.startswith("blackstart: ")]
    assert "global cluster 'gone' is not there" in line
    assert not drill.run_dir.exists()


@pytest.mark.usefixtures("unchanged")
def test_a_primary_that_does_not_serve_is_not_drilled(driver: Driver, tmp_path: Path) -> None:
    def swap(data: dict[str, Any]) -> None:
        data["primary"], data["standby"] = data["standby"], data["primary"]

    drill = driver.drill(topology=changed_topology(driver, tmp_path, swap))
    assert drill.exit_code == 4, drill.output
    assert "fail back first" in drill.output
    assert not drill.run_dir.exists()
