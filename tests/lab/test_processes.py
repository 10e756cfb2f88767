import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blackstart.lab.descent import Identity, descendants
from blackstart.lab.processes import PIPE, PartError, Processes

FAMILY = ["bash", "-c", "setsid sleep 1000 & sleep 1000 & echo up; wait"]


@pytest.fixture
def processes(tmp_path):
    return Processes(tmp_path)


async def family(processes, name="part", group="here"):
    """Start a part with two children, one of them in a session of its own."""
    process = await processes.start(name, FAMILY, group=group, stdout=PIPE)
    assert await process.stdout.readline() == b"up\n"
    pids = descendants(process.pid)
    assert len(pids) == 3
    return [Identity.of(pid) for pid in pids]


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_killing_a_group_takes_all_descendants_and_nobody_else(processes):
    async def scene():
        dead, spared = await family(processes, "a"), await family(processes, "b", "there")
        await processes.kill_group("here")
        assert not any(identity.lives() for identity in dead)
        assert all(identity.lives() for identity in spared)
        assert (processes.alive("a"), processes.exited("a")) == (False, -signal.SIGKILL)
        assert (processes.alive("b"), processes.exited("b")) == (True, None)
        await processes.kill_all()
        assert not any(identity.lives() for identity in spared)

    asyncio.run(scene())


def test_a_group_is_suspended_and_resumed_whole(processes):
    async def scene():
        pids = [identity.pid for identity in await family(processes)]
        processes.suspend_group("here")
        deadline = time.monotonic() + 5
        while {state(pid) for pid in pids} != {"T"} and time.monotonic() < deadline:  # noqa: ASYNC110 (the kernel sends no event)
            await asyncio.sleep(0.01)
        assert {state(pid) for pid in pids} == {"T"}
        processes.resume_group("here")
        while "T" in {state(pid) for pid in pids} and time.monotonic() < deadline:  # noqa: ASYNC110 (the kernel sends no event)
            await asyncio.sleep(0.01)
        assert "T" not in {state(pid) for pid in pids}
        processes.suspend_group("here")
        await processes.kill("part")  # a stopped process dies as well
        assert not processes.alive("part")

    asyncio.run(scene())


def test_input_log_and_exit_code(processes):
    async def scene():
        echo = "import sys; print(sys.stdin.read()); sys.exit(3)"
        process = await processes.start("echo", [sys.executable, "-c", echo], group="here", stdin=b"hello")
        assert await process.wait() == 3
        assert processes.exited("echo") == 3
        assert processes.log("echo").read_text() == "hello\n"

    asyncio.run(scene())


def test_stop_asks_first_and_kills_who_does_not_listen(processes):
    async def scene():
        await processes.start("polite", ["sleep", "1000"], group="here")
        await processes.stop("polite")
        assert processes.exited("polite") == -signal.SIGTERM
        deaf = await processes.start(
            "deaf", ["bash", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], group="here", stdout=PIPE
        )
        await deaf.stdout.readline()
        await processes.stop("deaf", timeout=0.1)
        assert processes.exited("deaf") == -signal.SIGKILL

    asyncio.run(scene())


def test_what_cannot_start_is_named(processes):
    async def scene():
        with pytest.raises(PartError, match="ghost cannot be started"):
            await processes.start("ghost", ["/no/such/program"], group="here")
        await processes.start("part", ["sleep", "1000"], group="here")
        with pytest.raises(PartError, match="part is already running"):
            await processes.start("part", ["sleep", "1000"], group="here")
        await processes.kill_all()

    asyncio.run(scene())


@pytest.mark.parametrize("blow", ["strike_group", "suspend_group"])
def test_nothing_starts_in_a_group_that_is_struck_or_hangs_until_it_is_opened(processes, blow):
    async def scene():
        starting = asyncio.create_task(processes.start("late", ["sleep", "1000"], group="here"))
        await asyncio.sleep(0)
        getattr(processes, blow)("here")
        with pytest.raises(PartError, match="here is off or hangs"):
            await starting
        assert not processes.alive("late")
        with pytest.raises(PartError, match="here is off or hangs"):
            await processes.start("later", ["sleep", "1000"], group="here")
        await processes.start("elsewhere", ["sleep", "1000"], group="there")
        processes.resume_group("here") if blow == "suspend_group" else processes.open_group("here")
        await processes.start("latest", ["sleep", "1000"], group="here")
        await processes.kill_all()

    asyncio.run(scene())


def test_what_does_not_die_is_not_waited_for_for_ever(processes, monkeypatch):
    monkeypatch.setattr("blackstart.lab.processes.GONE_S", 0.05)

    async def scene():
        process = await processes.start("immortal", ["sleep", "1000"], group="here")
        with pytest.raises(PartError, match=f"still there: process {process.pid}"):
            await processes.gone([Identity.of(process.pid)])
        await processes.kill_all()

    asyncio.run(scene())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_a_part_dies_with_its_supervisor(tmp_path):
    program = (
        "import asyncio, pathlib, sys\n"
        "from blackstart.lab.processes import Processes\n"
        "async def main():\n"
        "    child = await Processes(pathlib.Path(sys.argv[1])).start('part', ['sleep', '1000'], group='here')\n"
        "    print(child.pid, flush=True)\n"
        "    await child.wait()\n"
        "asyncio.run(main())\n"
    )
    source = str(Path(__file__).parents[2] / "src")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": source},
    ) as parent:
        child = Identity.of(int(parent.stdout.readline()))
        assert child.lives()
        parent.kill()
    deadline = time.monotonic() + 5
    while child.lives() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not child.lives()


def test_a_reused_pid_is_another_process():
    own = Identity.of(os.getpid())
    assert own.lives()
    assert not Identity(own.pid, own.started + "0").lives()
