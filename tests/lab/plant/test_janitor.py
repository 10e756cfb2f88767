import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blackstart.lab.descent import Identity
from blackstart.lab.plant import janitor, sharedmemory

SOURCE = str(Path(__file__).parents[3] / "src")


def sleeper(**environment):
    process = subprocess.Popen(["sleep", "1000"], env=os.environ | environment, start_new_session=True)
    return process, Identity.of(process.pid)


def record(state, *identities):
    with (state / "pids").open("a") as file:
        file.writelines(f"{identity.pid} part {identity.started}\n" for identity in identities)


@pytest.fixture
def lab(tmp_path):
    """A lab's folder, and the processes to end after the test whatever happened."""
    state, processes = tmp_path / "lab", []
    state.mkdir()
    yield state, processes
    for process in processes:
        process.kill()
        process.wait()


def test_sweep_ends_recorded_and_marked_processes_and_spares_a_reused_pid(lab):
    state, processes = lab
    (recorded, one), (marked, _), (stranger, other) = sleeper(), sleeper(BLACKSTART_LAB=str(state)), sleeper()
    processes += [recorded, marked, stranger]
    record(state, one, Identity(other.pid, "1"))
    janitor.sweep(state)
    assert recorded.wait(5) == marked.wait(5) == -signal.SIGKILL
    assert stranger.poll() is None
    assert not state.exists()
    janitor.sweep(state)


def test_another_lab_whose_folder_begins_alike_is_spared(lab):
    state, processes = lab
    neighbour, _ = sleeper(BLACKSTART_LAB=f"{state}-two")
    processes.append(neighbour)
    janitor.sweep(state)
    assert neighbour.poll() is None


def test_the_janitor_acts_once_its_pipe_ends(lab):
    state, processes = lab
    part, identity = sleeper()
    processes.append(part)
    record(state, identity)
    watcher = subprocess.Popen(
        [sys.executable, "-S", "-m", "blackstart.lab.plant.janitor", str(state)],
        stdin=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": SOURCE},
    )
    processes.append(watcher)
    with pytest.raises(subprocess.TimeoutExpired):
        watcher.wait(0.5)
    watcher.send_signal(signal.SIGTERM)
    assert identity.lives()
    began = time.monotonic()
    watcher.stdin.close()
    assert watcher.wait(5) == 0
    assert time.monotonic() - began < 5
    assert not identity.lives()
    assert not state.exists()


def test_the_janitor_imports_nothing_heavy():
    program = "import sys, blackstart.lab.plant.janitor; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], env={"PYTHONPATH": SOURCE}, capture_output=True, text=True, check=True
    )
    assert not {"asyncio", "aiohttp", "socket", "json"} & set(done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/sysvipc")
def test_a_segment_of_a_dead_process_is_removed_and_others_are_spared(tmp_path):
    libc = ctypes.CDLL(None)
    script = "import ctypes; print(ctypes.CDLL(None).shmget(0, 4096, 0o1600))"
    ours, theirs = (subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(2))
    segment, other = (int(process.communicate()[0]) for process in (ours, theirs))
    try:
        sharedmemory.remove(tmp_path, {ours.pid})
        assert segment not in segments()
        assert other in segments()
    finally:
        libc.shmctl(segment, 0, None)
        libc.shmctl(other, 0, None)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/sysvipc")
def test_the_segment_named_in_a_data_folder_is_removed(tmp_path):
    segment = ctypes.CDLL(None).shmget(0, 4096, 0o1600)
    data = tmp_path / "aurora/eu-west-1-1"
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"1\n{data}\n1\n5432\n\n127.0.0.1\n 5001 {segment}\nready\n")
    try:
        sharedmemory.remove(tmp_path, set())
        assert segment not in segments()
    finally:
        ctypes.CDLL(None).shmctl(segment, 0, None)


def segments():
    return {int(line.split()[1]) for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_files_that_a_killed_process_had_mapped_are_removed(lab):
    state, processes = lab
    file = Path(f"/dev/shm/PostgreSQL.{os.getpid()}000")
    script = "import mmap, sys; f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); print(flush=True); input()"
    file.write_bytes(b"x" * 4096)
    try:
        argv = [sys.executable, "-c", script, str(file)]
        part = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(part)
        assert part.stdout.readline()
        record(state, Identity.of(part.pid))
        janitor.sweep(state)
        assert not file.exists()
    finally:
        file.unlink(missing_ok=True)
