import errno
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from blackstart.history import RecordFile
from blackstart.history.records import check_entries
from blackstart.history.writing import write_json


def test_what_is_appended_reaches_the_file_by_itself(tmp_path):
    file = RecordFile(tmp_path / "a.bin", flush_s=0.01, sync=True)
    file.append(b"one")
    assert file.wait_synced(file.position, 10)
    assert (tmp_path / "a.bin").read_bytes() == b"one"
    file.close()


def test_close_writes_what_is_left_in_order(tmp_path):
    file = RecordFile(tmp_path / "a.bin", flush_s=60, sync=False)
    for number in range(1000):
        file.append(b"%d\n" % number)
    file.close()
    assert (tmp_path / "a.bin").read_bytes() == b"".join(b"%d\n" % number for number in range(1000))


def test_what_is_appended_after_a_pause_reaches_the_file_too(tmp_path):
    file = RecordFile(tmp_path / "a.bin", flush_s=0.001, sync=False)
    for number in range(300):
        file.append(b"%03d" % number)
        assert file.wait_synced(file.position, 10)
    assert file.written == 900
    file.close()
    assert (tmp_path / "a.bin").read_bytes() == b"".join(b"%03d" % number for number in range(300))


def test_what_was_left_open_is_finished_before_it_is_written(tmp_path):
    def finish(data):
        data[1::2] = b"+" * (len(data) // 2)

    file = RecordFile(tmp_path / "a.bin", flush_s=0.001, sync=False, finish=finish)
    file.append(b"1.2.")
    file.close()
    assert (tmp_path / "a.bin").read_bytes() == b"1+2+"
    assert file.sha256.digest() == hashlib.sha256(b"1+2+").digest()


def test_bytes_that_cannot_be_finished_end_the_file_with_a_reason(tmp_path):
    told = []
    file = RecordFile(tmp_path / "a.bin", flush_s=0.001, sync=False, finish=check_entries, on_error=told.append)
    file.append(b"no whole record")
    with pytest.raises(OSError, match="not whole"):
        file.close()
    assert [error.errno for error in told] == [errno.EIO]
    assert (tmp_path / "a.bin").read_bytes() == b""


def test_many_threads_append_whole_records(tmp_path):
    file = RecordFile(tmp_path / "a.bin", flush_s=0.001, sync=False)
    threads = [Thread(target=lambda: [file.append(b"0123456789\n") for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    assert (tmp_path / "a.bin").read_bytes() == b"0123456789\n" * 2000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_once_and_raised_at_close():
    told, failed = [], Event()
    file = RecordFile(Path("/dev/full"), flush_s=0.001, sync=True, on_error=lambda e: (told.append(e), failed.set()))
    file.append(b"record")
    assert failed.wait(10)
    assert not file.wait_synced(file.position, 10)
    file.append(b"later")
    with pytest.raises(OSError, match="No space left"):
        file.close()
    assert [error.errno for error in told] == [errno.ENOSPC]


CHILD = """
import sys, pathlib
from blackstart.history import RecordFile
file = RecordFile(pathlib.Path(sys.argv[1]), flush_s=0.01, sync=True)
number = 0
while True:
    file.append(b"%011d\\n" % number)
    number += 1
    if number % 100 == 0:
        file.wait_synced(file.position, 10)
        print(number, flush=True)
"""


def test_kill_9_loses_nothing_that_was_synced(tmp_path):
    path = tmp_path / "a.bin"
    import blackstart

    home = str(Path(blackstart.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": home}
    ) as child:
        synced = 0
        while synced < 2000:
            synced = int(child.stdout.readline())
        child.kill()
        rest = child.stdout.read().split()
    synced = int(rest[-1]) if rest else synced
    lines = path.read_bytes().split(b"\n")
    assert len(lines) - 1 >= synced
    assert lines[:synced] == [b"%011d" % number for number in range(synced)]


def test_the_recorder_does_not_load_numpy():
    import blackstart

    home = str(Path(blackstart.__file__).parents[1])
    code = "import sys, blackstart.observer.__main__; sys.exit('numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": home}, check=False).returncode == 0
    )


def test_json_is_replaced_whole(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"b": 1, "a": [None]})
    write_json(path, {"b": 2})
    assert path.read_text() == '{"b": 2}\n'
    assert [item.name for item in tmp_path.iterdir()] == ["x.json"]


def test_appending_never_waits_for_the_disk(tmp_path, monkeypatch):
    """A write that hangs in the kernel must not stall who records."""
    release = Event()
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: (release.wait(10), real_write(fd, data))[1])
    file = RecordFile(tmp_path / "a.bin", flush_s=0.001, sync=False)
    file.append(b"x")
    time.sleep(0.05)  # the thread is in its write now, or will hang there just as well
    started = time.monotonic()
    for _ in range(1000):
        file.append(b"x")
    assert time.monotonic() - started < 5
    assert not release.is_set()
    release.set()
    file.close()
    assert (tmp_path / "a.bin").stat().st_size == 1001
