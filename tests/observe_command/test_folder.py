"""The folder of an observation: taken by one, judged once it is whole; and disks that take nothing more."""

import json
import os
import resource
import signal
import subprocess

import pytest

from blackstart.observe_command.folder import observer_at_work
from tests.observer.conftest import ADDRESS

from .conftest import COMMAND, environment, judge, observe, observing, probed


def on_a_disk(options, script, folder):
    """Run a script beside a disk of its own, mounted where nobody else sees it; ``$disk`` is where."""
    (folder / "disk").mkdir()
    apart = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    mounted = f"disk={folder / 'disk'}; mount -t tmpfs {options} none $disk && {{ {script}; }}"
    return subprocess.run(
        [*apart, "sh", "-c", mounted],
        env=environment(), cwd=folder, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip


def test_a_disk_that_is_full_in_mid_run_is_inconclusive_with_its_reason(server, tmp_path):
    """A limit on the size of files stands for the disk: some hundred probes fit, then no more.

    Compiled modules would not fit either, and be left behind cut: so none are written.
    """

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    ended = observe(server.url, "--interval-ms", 5, "--out", "o", cwd=tmp_path, preexec_fn=limit)
    assert ended.returncode == 3, ended.stderr
    assert "cannot be written: File too large" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    about = json.loads((tmp_path / "o/observation.json").read_text())
    assert about["state"] == "inconclusive"
    assert any("cannot be written" in reason for reason in about["reasons"])


def test_a_disk_without_room_for_even_the_reason_still_has_it_said(tmp_path):
    """Neither the observer's last words nor the result fit on it."""
    asked = f"{' '.join(COMMAND)} observe tcp://{ADDRESS}:1 --interval-ms 5 --duration-s 60 --out $disk/o"
    ended = on_a_disk("-o size=48k", f"exec {asked}", tmp_path)
    assert ended.returncode == 3, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert "cannot be written: No space left on device" in line
    assert "inconclusive" in ended.stdout


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ("-o size=4k", 3, "nothing was observed: the observer did not start: ended with code 6: No space left"),
        ("-o ro", 2, "cannot be made or written (Read-only file system): give another folder"),
    ],
)
def test_a_disk_that_takes_nothing_from_the_start_is_one_line(options, code, says, tmp_path):
    asked = f"{' '.join(COMMAND)} observe tcp://{ADDRESS}:1 --out $disk"
    ended = on_a_disk(options, f"{asked}; code=$?; ls $disk; exit $code", tmp_path)
    (line,) = ended.stderr.splitlines()
    assert says in line
    assert (ended.returncode, ended.stdout) == (code, "")


def test_a_judgement_that_cannot_be_written_says_so(server, tmp_path):
    observe(server.url, "--duration-s", 1, "--out", "o", cwd=tmp_path)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))

    ended = judge("o", tmp_path, preexec_fn=limit)
    assert ended.returncode == 3
    assert "the result cannot be written" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_record_that_is_still_written_is_not_judged(server, tmp_path):
    with observing(server.url, "--out", "o", cwd=tmp_path) as process:
        probed(server, 30)
        ended = judge("o", tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert ended.returncode == 4
    assert "is still being written" in ended.stderr
    assert judge("o", tmp_path).returncode == 0


def test_a_process_that_lets_go_of_files_all_the_time_is_still_seen_at_work(tmp_path, monkeypatch):
    """A probe's socket is gone between the listing and the look at it: that must not hide the record beside it."""
    (tmp_path / "clock.json").write_text(json.dumps({"pid": os.getpid()}))
    read = os.readlink

    def gone(path):
        if not str(path).startswith("/proc/") or not read(path).endswith("heartbeat.bin"):
            raise FileNotFoundError(path)
        return read(path)

    monkeypatch.setattr(os, "readlink", gone)
    with (tmp_path / "heartbeat.bin").open("wb"):
        assert observer_at_work(tmp_path) == os.getpid()
    assert observer_at_work(tmp_path) is None


def test_two_observations_in_one_second_have_folders_of_their_own(server, tmp_path):
    with (
        observing(server.url, "--duration-s", 1, cwd=tmp_path) as one,
        observing(server.url, "--duration-s", 1, cwd=tmp_path) as other,
    ):
        one.communicate(timeout=60)
        other.communicate(timeout=60)
    assert (one.returncode, other.returncode) == (0, 0)
    assert len(list((tmp_path / "reports").iterdir())) == 2
