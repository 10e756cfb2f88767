"""The ground truth itself: each mode is what plain sockets see, and the recorded instants enclose what they saw."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from itertools import accumulate, pairwise

import psutil
import pytest

from benchmarks.ground_truth import script, truth
from benchmarks.ground_truth.modes import MODES
from benchmarks.ground_truth.running import running
from benchmarks.ground_truth.script import Planned
from benchmarks.ground_truth.server import GroundTruth

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
WAIT_S = 0.6


def ask(port: int, timeout_s: float) -> str:
    """Return what one client sees: "200", "503", "refused", "no connection", "no answer" or "reset"."""
    with socket.socket() as client:
        client.settimeout(timeout_s)
        try:
            client.connect(("127.0.0.1", port))
        except TimeoutError:
            return "no connection"
        except ConnectionRefusedError:
            return "refused"
        try:
            client.sendall(REQUEST)
            return client.recv(4096).split()[1].decode()
        except TimeoutError:
            return "no answer"
        except (ConnectionError, IndexError):
            return "reset"


def follow(port: int, until_s: float, timeout_s: float = WAIT_S) -> list[tuple[int, int, str]]:
    """Ask again and again; return (asked, answered, what) in monotonic nanoseconds."""
    seen = []
    while time.monotonic() < until_s:
        asked = time.monotonic_ns()
        what = ask(port, timeout_s)
        seen.append((asked, time.monotonic_ns(), what))
        time.sleep(0.005)
    return seen


@pytest.mark.parametrize(
    ("mode", "sees"),
    [
        ("refused", "refused"),
        ("hang", "no answer"),
        ("syn-drop", "no connection"),
        ("503", "503"),
        ("brown-out", "no answer"),
        ("stall", "no answer"),
    ],
)
def test_each_mode_is_what_a_client_sees_and_its_instants_enclose_it(tmp_path, mode, sees):
    planned = [Planned(mode, 0.5, 1.5)]
    with running(planned, tmp_path) as server:
        server.go()
        seen = follow(server.port, time.monotonic() + 3.2)
        (true,) = server.played()
    inside = [what for asked, answered, what in seen if true.began_ns[1] < asked and answered < true.ended_ns[0]]
    outside = [what for asked, answered, what in seen if answered < true.began_ns[0] or asked > true.ended_ns[1]]
    assert set(inside) == {sees}
    assert set(outside) == {"200"} and len(outside) > 20
    assert true.mode == mode
    assert true.began_ns[0] <= true.began_ns[1] < true.ended_ns[0] <= true.ended_ns[1]
    assert true.lasted_s == pytest.approx(1.5, abs=0.5)


def test_a_stall_answers_everything_in_flight_when_it_ends(tmp_path):
    with running([Planned("stall", 0.3, 1.2)], tmp_path) as server:
        server.go()
        time.sleep(0.6)
        asked = time.monotonic_ns()
        assert ask(server.port, 10) == "200"
        answered = time.monotonic_ns()
        (true,) = server.played()
    assert true.began_ns[1] < asked < true.ended_ns[0] <= answered


def test_a_brown_out_answers_rightly_after_two_seconds(tmp_path):
    with running([Planned("brown-out", 0.2, 1.0)], tmp_path) as server:
        server.go()
        time.sleep(0.5)
        asked = time.monotonic()
        assert ask(server.port, 10) == "200"
        assert time.monotonic() - asked >= 2.0


def test_it_ends_when_whoever_started_it_is_killed(tmp_path):
    script.write(tmp_path / "script.json", [Planned("hang", 1.0, 60.0)])
    command = [sys.executable, "-m", "benchmarks.ground_truth", tmp_path / "script.json", tmp_path / "truth.jsonl"]
    parent = (
        "import subprocess, sys, time; "
        "server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE); print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent, *command], stdout=subprocess.PIPE, text=True) as started:
        server = psutil.Process(int(started.stdout.readline()))
        assert "port" in started.stdout.readline()
        started.send_signal(signal.SIGKILL)
        assert server.wait(20) is None or not server.is_running()


def test_a_script_is_drawn_again_from_its_seed_with_all_modes_equally_often():
    drawn = script.draw(36, seed=7)
    assert drawn == script.draw(36, seed=7) != script.draw(36, seed=8)
    assert {mode: sum(it.mode == mode for it in drawn) for mode in MODES} == dict.fromkeys(MODES, 6)
    assert all(1.0 <= it.lasts_s <= 6.0 for it in drawn)
    assert all(it.lasts_s >= 1.5 for it in drawn if it.mode == "stall")


@pytest.mark.parametrize("interval_s", [0.1, 0.02])
def test_outages_begin_and_end_evenly_spread_over_each_interval(interval_s):
    drawn = script.draw(36, seed=7)
    moments = list(accumulate(part for it in drawn for part in (it.calm_s, it.lasts_s)))
    for kind in (moments[::2], moments[1::2]):
        phases = sorted(moment % interval_s for moment in kind)
        gaps = [after - before for before, after in pairwise([*phases, phases[0] + interval_s])]
        assert gaps == pytest.approx([interval_s / 36] * 36, abs=1e-5)
        assert sorted(kind, key=lambda moment: moment % interval_s) != kind


def test_what_a_switch_takes_delays_no_later_outage(tmp_path):
    now_s = 5.0

    async def pass_time(seconds):
        nonlocal now_s
        now_s += seconds

    async def slow(mode):
        began_s = now_s
        await pass_time(0.2)
        return round(began_s * 10), round(now_s * 10)

    server = GroundTruth(lambda: now_s, pass_time)
    server.begin = server.end = slow
    with (tmp_path / "truth.jsonl").open("w") as file:
        asyncio.run(server.play([Planned("hang", 0.3, 0.3)] * 3, file))
    assert [(it.began_ns, it.ended_ns) for it in truth.read(tmp_path / "truth.jsonl")] == [
        ((53, 55), (56, 58)),
        ((59, 61), (62, 64)),
        ((65, 67), (68, 70)),
    ]


def test_a_script_that_breaks_its_bounds_is_refused(tmp_path):
    for planned in ([Planned("gone", 1, 1)], [Planned("hang", 1, 1)] * 201, [Planned("hang", 1, 4000)]):
        script.write(tmp_path / "script.json", planned)
        with pytest.raises(ValueError, match=r"no such mode|at most"):
            script.read(tmp_path / "script.json")


def test_what_happened_is_read_back_as_it_was_written(tmp_path):
    outage = truth.TrueOutage("hang", (1, 2), (5, 9))
    with (tmp_path / "truth.jsonl").open("w") as file:
        truth.append(file, outage)
    assert truth.read(tmp_path / "truth.jsonl") == [outage]
    assert outage.lasted_s == pytest.approx(5.5e-9)
