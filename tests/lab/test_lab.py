"""One whole lab, driven as its users drive it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest
import requests
import yaml

from blackstart.lab import door, incarnation
from blackstart.lab.descent import Identity, descendants
from blackstart.lab.plant import memory_folder, ports
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError

pytestmark = pytest.mark.lab
PRIMARY, STANDBY = "eu-west-1", "eu-central-1"


def until(condition, seconds=30.0, pause=0.02):
    """Return the condition's first true answer; fail when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not so within {seconds} s: {condition}"
        time.sleep(pause)
    return answer


class Traces:
    """Everything by which one lab could be found on this machine, taken while it is up."""

    def __init__(self, lab):
        self.lab = lab
        tell = lab.status()
        self.pids = [identity for part in tell["parts"] if (identity := Identity.of(part["pid"]))]
        self.pids += _marked(lab.folder)
        self.started = recorded(lab.folder)
        self.block = f"127.{lab.layout.block}."

    def left(self):
        """Return what is left of the lab: processes, listening sockets, files."""
        living = [identity for identity in self.pids if identity.lives()] + _marked(self.lab.folder)
        folders = [str(self.lab.folder)] if self.lab.folder.exists() else []
        return living + _sockets(self.block) + folders + shared_memory(self.lab.record.incarnation, self.started)

    def killed(self):
        """Return what is left of the lab although another one has its name and perhaps its addresses."""
        living = [identity for identity in self.pids if identity.lives()]
        return living + shared_memory(self.lab.record.incarnation, self.started)


def shared_memory(own, pids):
    """Return what these processes of a lab left: segments that they created, and their files in memory."""
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    files = [memory_folder.of(own)]
    return [row for row in rows if int(row[4]) in pids] + [file for file in files if file.exists()]


def recorded(folder):
    """Return the pids of everything that the lab has started so far, tools included."""
    with contextlib.suppress(OSError):
        return {int(line.split()[0]) for line in (folder / "pids").read_text().splitlines()}
    return set()


def _marked(folder):
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 (only names are wanted)
        with contextlib.suppress(OSError, ValueError):
            if f"BLACKSTART_LAB={folder}\0".encode() in Path(f"/proc/{int(name)}/environ").read_bytes():
                found.append(Identity.of(int(name)))
    return [identity for identity in found if identity]


def _sockets(block):
    """Return the listening TCP sockets in a block of addresses."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A"]
    readable = [".".join(str(b) for b in reversed(bytes.fromhex(each.split(":")[0]))) for each in listening]
    return [address for address in readable if address.startswith(block)]


def order(url, key=None, timeout=3):
    key = key or uuid.uuid4().hex
    body = {"run": "test", "writer": 0, "seq": 1, "version": 1, "item": "lamp-01"}
    return requests.post(f"{url}/orders", json=body, headers={"Idempotency-Key": key}, timeout=timeout)


def accepts(url):
    try:
        return order(url, timeout=2).status_code == 201
    except requests.RequestException:
        return False


def of_region(lab, region):
    return [part for part in lab.status()["parts"] if part["group"] == region]


def test_an_order_is_accepted_once(lab):
    key = uuid.uuid4().hex
    first, again = order(lab.accelerator_url, key), order(lab.accelerator_url, key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["X-Region"] == PRIMARY
    assert first.json()["database"].startswith(f"127.{lab.layout.block}.1.")


def test_status_tells_every_part(lab):
    told = lab.status()
    assert (told["name"], told["state"], told["block"]) == ("whole", "up", lab.layout.block)
    names = {part["name"] for part in told["parts"]}
    assert {"supervisor", "janitor", "links", "aws-api", "accelerator"} <= names
    for region in (PRIMARY, STANDBY):
        assert {f"alb-{region}", f"kubernetes-{region}", f"cache-{region}"} <= names
    assert sum(name.startswith("postgres-") for name in names) == 3
    # Pods of an earlier test may still be on their way out.
    until(lambda: sum(part["name"].startswith("pod ") for part in lab.status()["parts"]) == 2)
    assert all(part["alive"] and part["rss_mb"] > 0 for part in told["parts"])
    assert told["memory_mb"] < 1500


def test_the_configuration_is_that_of_a_standby_waiting(lab):
    found = lab.status()["configuration"]
    assert found["dials"] == {PRIMARY: 100, STANDBY: 0}
    assert found["replicas"] == {PRIMARY: {"shop/shop": 2}, STANDBY: {"shop/shop": 0}}
    assert sorted(found["database_roles"].values()) == ["reader", "reader", "writer"]
    assert found["records"]["writer.shop.internal."] == ["CNAME", 2, [lab.layout.cluster_endpoint(PRIMARY)]]
    assert found["regions"] == {PRIMARY: "on", STANDBY: "on"}
    assert found["fis_experiments"] == []
    assert {group["pods_open"] for group in found["security_groups"].values()} == {True}
    assert {link["state"] for link in found["links"].values()} == {"open"}
    assert found == lab.status()["configuration"]


def test_the_topology_names_what_is_there(lab):
    topology = yaml.safe_load(lab.topology_path.read_text())
    assert (topology["primary"], topology["standby"]) == (PRIMARY, STANDBY)
    assert accepts(topology["accelerator"]["url"])
    assert accepts(topology["regions"][PRIMARY]["alb"]["url"])
    credentials = Path(topology["aws"]["credentials"]["file"])
    assert "[blackstart-lab]" in credentials.read_text()
    assert oct(credentials.stat().st_mode & 0o777) == "0o600"
    assert topology["fault_injection"]["region-loss"]["region"] == STANDBY


def test_no_process_reaches_the_other_region_past_the_links(lab):
    block, seen = f"127.{lab.layout.block}", 0
    for region, other in ((PRIMARY, STANDBY), (STANDBY, PRIMARY)):
        foreign = f"{block}.{lab.layout.view(other)}."
        for pid in {pid for part in of_region(lab, region) for pid in descendants(part["pid"])}:
            ends = [
                end for each in psutil.Process(pid).net_connections("tcp") for end in (each.laddr, each.raddr) if end
            ]
            assert not [end for end in ends if end.ip.startswith(foreign)], psutil.Process(pid).cmdline()
            seen += len(ends)
    assert seen > 30


def test_the_plant_wants_its_token(lab):
    assert requests.get(f"{lab.layout.plant_url}/status", timeout=3).status_code == 401


def test_a_lab_that_is_up_and_a_port_in_use_are_refused(lab, lab_home, lab_blocks):
    with pytest.raises(UsageError, match="already up"):
        door.up(Specification(name="whole"), home=lab_home, blocks=lab_blocks)
    with pytest.raises(UsageError, match=f"port {lab.layout.ports.api} is in use"):
        door.up(Specification(name="other", api_port=lab.layout.ports.api), home=lab_home, blocks=lab_blocks)
    assert sorted(path.name for path in (lab_home / "labs").iterdir()) == ["whole"]


def test_the_load_balancer_tells_its_clients_apart_by_their_addresses(lab):
    friend, stranger = (f"127.{lab.layout.block}.0.{host}" for host in (201, 202))

    def answers(origin):
        address = lab.layout.alb_link(0, PRIMARY), lab.layout.ports.http
        connection = http.client.HTTPConnection(*address, timeout=1, source_address=(origin, 0))
        with contextlib.closing(connection), contextlib.suppress(TimeoutError):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False

    assert answers(friend)
    assert answers(stranger)
    try:
        lab.ask("PUT", f"/edge/ingress/{PRIMARY}", {"allowed": [f"{friend}/32"]})
        until(lambda: not answers(stranger))
        assert answers(friend)
    finally:
        lab.ask("PUT", f"/edge/ingress/{PRIMARY}", {"allowed": ["0.0.0.0/0"]})
    until(lambda: answers(stranger))


def test_a_region_loses_its_power_and_comes_back_as_it_was(lab):
    before = lab.status()["configuration"]
    pids = [Identity.of(part["pid"]) for part in of_region(lab, PRIMARY)]
    assert len(pids) >= 6
    assert lab.ask("PUT", f"/regions/{PRIMARY}", {"power": "off"})[PRIMARY] == "off"
    assert not any(identity.lives() for identity in pids)
    assert not any(part["alive"] for part in of_region(lab, PRIMARY))
    for url in lab.status()["urls"]["alb"].values():
        assert not accepts(url)
    assert not accepts(lab.accelerator_url)

    lab.ask("PUT", f"/regions/{PRIMARY}", {"power": "on"})
    until(lambda: accepts(lab.accelerator_url))
    until(lambda: lab.status()["configuration"] == before)
    until(lambda: all(member["status"] == "available" for member in lab.status()["aurora"]["members"]))
    truth = lab.status()["truth"]
    power = ["power off", "cut off", "dead"]
    assert [t["what"] for t in truth if t["what"] in power] == power
    instants = [t["t"] for t in truth]
    assert "pod started" in [t["what"] for t in truth]
    assert instants == sorted(instants)


def test_a_hung_region_answers_again_when_it_is_woken(lab):
    lab.ask("PUT", f"/regions/{PRIMARY}", {"power": "hung"})
    assert not accepts(lab.accelerator_url)
    lab.ask("PUT", f"/regions/{PRIMARY}", {"power": "on"})
    until(lambda: accepts(lab.accelerator_url))


def test_a_part_that_died_by_itself_is_shown(lab):
    victim = next(part for part in of_region(lab, STANDBY) if part["name"].startswith("cache-"))
    os.kill(victim["pid"], signal.SIGKILL)
    until(lambda: [p["alive"] for p in of_region(lab, STANDBY) if p["name"] == victim["name"]] == [False])
    # A power cycle of its region is what brings it back.
    lab.ask("PUT", f"/regions/{STANDBY}", {"power": "off"})
    lab.ask("PUT", f"/regions/{STANDBY}", {"power": "on"})
    until(lambda: all(part["alive"] for part in of_region(lab, STANDBY)))
    until(lambda: all(member["status"] == "available" for member in lab.status()["aurora"]["members"]))


def test_two_labs_side_by_side_and_kill_9_of_one_supervisor_leaves_nothing_of_it(lab, lab_home, lab_blocks):
    second = door.up(Specification(name="second", pods=1), home=lab_home, blocks=lab_blocks)
    assert second.layout.block != lab.layout.block
    assert accepts(second.accelerator_url)
    assert accepts(lab.accelerator_url)

    traces = Traces(second)
    assert len(traces.pids) >= 14
    assert len(shared_memory(second.record.incarnation, traces.started)) >= 3
    os.kill(second.record.supervisor.pid, signal.SIGKILL)
    until(lambda: not second.record.lives(), pause=0)
    # At once again: the killed one's janitor is at work, and must not take its successor for it.
    again = door.up(Specification(name="second", pods=1), home=lab_home, blocks=lab_blocks)
    assert accepts(again.accelerator_url)
    os.kill(again.status()["parts"][1]["pid"], signal.SIGKILL)
    until(lambda: again.status()["parts"][1]["alive"])
    until(lambda: Identity.of(door.running("second", lab_home).record.janitor.pid))
    again = door.running("second", lab_home)
    assert traces.killed() == []
    traces = Traces(again)
    os.kill(again.record.supervisor.pid, signal.SIGKILL)
    until(lambda: not traces.left(), seconds=5)
    assert door.status("second", lab_home) == {"name": "second", "state": "down"}
    assert accepts(lab.accelerator_url)


def test_down_leaves_nothing_and_ctrl_c_while_starting_neither(lab_home, lab_blocks):
    program = (
        "import pathlib, sys\n"
        "from blackstart.lab import door\n"
        "from blackstart.lab.specification import Specification\n"
        "say = lambda part: print(part, flush=True)\n"
        f"door.up(Specification(name='third'), home=pathlib.Path(sys.argv[1]), blocks={lab_blocks!r}, progress=say)\n"
    )
    argv = [sys.executable, "-c", program, str(lab_home)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    folder = lab_home / "labs/third"
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment, stderr=subprocess.DEVNULL) as starter:
        assert starter.stdout.readline()
        until(lambda: "initdb" in "".join(path.read_text() for path in folder.glob("pids")))
        started, own = recorded(folder), incarnation.read(folder)
        starter.send_signal(signal.SIGINT)
        assert starter.wait(30) == -signal.SIGINT
    assert not folder.exists()
    assert own
    assert shared_memory(own, started) == []

    third = door.up(Specification(name="third", pods=1), home=lab_home, blocks=lab_blocks)
    traces = Traces(third)
    assert door.down("third", lab_home)
    assert traces.left() == []
    assert not door.down("third", lab_home)


def test_a_part_that_cannot_start_is_named_and_nothing_stays(lab_home, lab_blocks, monkeypatch):
    # As if the address had been free when it was looked at.
    monkeypatch.setattr(ports, "_is_free", lambda host, port: True)
    with socket.socket() as squatter:
        # Somebody sits on the address of the first free block's cache.
        block = next(n for n in lab_blocks if _is_free(f"127.{n}.0.2"))
        # Connections of a lab that was here a moment ago may still be winding down.
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((f"127.{block}.1.40", 6379))
        squatter.listen()
        began = time.monotonic()
        with pytest.raises(UsageError, match=f"cache-{PRIMARY}") as caught:
            door.up(Specification(name="unlucky"), home=lab_home, blocks=[block])
        assert "\n" not in str(caught.value)
        assert time.monotonic() - began < 60
    assert not (lab_home / "labs/unlucky").exists()


def _is_free(host):
    with socket.socket() as probe:
        return probe.connect_ex((host, 4570)) != 0
