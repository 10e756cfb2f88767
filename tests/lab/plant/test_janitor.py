import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from blackstart.lab import incarnation
from blackstart.lab.descent import Identity
from blackstart.lab.plant import janitor, memory_folder, sharedmemory

OWN = "0123456789abcdef"
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
    incarnation.write(state, OWN)
    yield state, processes
    for process in processes:
        process.kill()
        process.wait()


def test_sweep_ends_recorded_and_marked_processes_and_spares_a_reused_pid(lab):
    state, processes = lab
    (recorded, one), (marked, _), (stranger, other) = sleeper(), sleeper(BLACKSTART_LAB_INCARNATION=OWN), sleeper()
    processes += [recorded, marked, stranger]
    record(state, one, Identity(other.pid, "1"))
    janitor.sweep(state, OWN)
    assert recorded.wait(5) == marked.wait(5) == -signal.SIGKILL
    assert stranger.poll() is None
    assert not state.exists()
    janitor.sweep(state, OWN)


@pytest.mark.parametrize("asked", [True, False])
def test_logs_are_kept_where_somebody_asked_for_them(lab, tmp_path, monkeypatch, asked):
    state, _ = lab
    monkeypatch.delenv(janitor.LOGS, raising=False)
    if asked:
        monkeypatch.setenv(janitor.LOGS, str(tmp_path / "kept"))
    (state / "logs").mkdir()
    (state / "logs/supervisor.log").write_text("ends: SIGTERM\n")
    janitor.sweep(state, OWN)
    kept = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.log")}
    assert kept == ({Path(f"kept/lab-{OWN}/supervisor.log"): "ends: SIGTERM\n"} if asked else {})


def test_a_folder_that_names_no_incarnation_is_swept_by_its_path_alone(lab):
    state, processes = lab
    (state / "incarnation").unlink()
    (own, _), (neighbour, _) = sleeper(BLACKSTART_LAB=str(state)), sleeper(BLACKSTART_LAB=f"{state}-two")
    processes += [own, neighbour]
    janitor.sweep(state, None)
    assert own.wait(5) == -signal.SIGKILL
    assert neighbour.poll() is None
    assert not state.exists()


def test_the_next_lab_of_the_same_name_is_spared(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_folder, "SHARED", tmp_path)
    state, processes = lab
    marks = {"BLACKSTART_LAB": str(state), "BLACKSTART_LAB_INCARNATION": "another"}
    (marked, _), (recorded, identity) = sleeper(**marks), sleeper()
    processes += [marked, recorded]
    record(state, identity)
    incarnation.write(state, "another")
    for own in (OWN, "another"):
        memory_folder.of(own).mkdir()
    janitor.sweep(state, OWN)
    assert (marked.poll(), recorded.poll()) == (None, None)
    assert (state / "pids").exists()
    assert not memory_folder.of(OWN).exists()
    assert memory_folder.of("another").exists()


def test_who_waited_to_clear_a_folder_finds_the_next_labs_and_leaves_it(lab):
    state, _ = lab
    with incarnation.held(state, OWN) as ours:
        assert ours
        late = threading.Thread(target=janitor.sweep, args=(state, OWN))
        late.start()
        until(lambda: "FLOCK" in blocked(state / "incarnation"))
        state.rename(state.with_name("old"))
        state.mkdir()
        incarnation.write(state, "another")
    late.join(10)
    assert incarnation.read(state) == "another"


def blocked(file):
    """Return what waits for a lock of that file."""
    number = f":{file.stat().st_ino} "
    lines = Path("/proc/locks").read_text().splitlines()
    return "".join(line for line in lines if number in line and "->" in line)


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


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


def test_a_full_disk_keeps_the_janitor_from_nothing(lab):
    state, processes = lab
    part, identity = sleeper()
    processes.append(part)
    record(state, identity)
    command = [sys.executable, "-S", "-m", "blackstart.lab.plant.janitor", str(state)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stderr=full, env=os.environ | {"PYTHONPATH": SOURCE}, check=False
        )
    assert done.returncode == 0
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
    script = "import ctypes; print(ctypes.CDLL(None).shmget(0, 4096, 0o1600), flush=True); input()"
    argv, pipe = [sys.executable, "-c", script], subprocess.PIPE
    ours, theirs = (subprocess.Popen(argv, stdin=pipe, stdout=pipe) for _ in range(2))
    identity = Identity.of(ours.pid)
    segment, other = (int(process.stdout.readline()) for process in (ours, theirs))
    for process in (ours, theirs):
        process.communicate()
    try:
        # Somebody who had the pid later did not make what was there before.
        ticks = 10 * os.sysconf("SC_CLK_TCK")
        sharedmemory.remove(tmp_path, [Identity(ours.pid, str(int(identity.started) + ticks))])
        assert segment in segments()
        sharedmemory.remove(tmp_path, [identity])
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
        sharedmemory.remove(tmp_path, [])
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
        janitor.sweep(state, OWN)
        assert not file.exists()
    finally:
        file.unlink(missing_ok=True)
