"""The whole observer, as its runner uses it, against a real server."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import blackstart
from blackstart.history import History, Result
from blackstart.observer.supervision import Observer
from blackstart.outcome import BlackstartError

FAST = {"interval_ms": 20, "slo_s": 0.3, "timeout_s": 0.6}


def results(history):
    return {Result(value).name for value in np.unique(history.canaries["a"].result)}


def test_a_good_target(server, plan_for, observer, until):
    running = observer(plan_for(canary=dict(FAST), ledger={"rate_per_s": 100.0}))
    until(
        lambda: (running.state or {"ledgers": {"orders": {}}})["ledgers"]["orders"].get("acknowledged", 0) > 50, "acks"
    )
    assert running.state["canaries"]["a"]["state"] == "good"
    assert running.state["canaries"]["a"]["served_by"] == "eu-west-1"
    running.stop()
    assert not running.alive()
    assert running.detail is None
    history = History.open(running.history)
    assert history.missing == {}
    assert history.ended["reason"] == "asked"
    samples, ledger = history.canaries["a"], history.ledgers["orders"]
    assert samples.seq.tolist() == list(range(len(samples)))
    assert set(np.diff(samples.scheduled).tolist()) == {20_000_000}
    sent = samples.sent > 0
    assert (samples.sent[sent] >= samples.scheduled[sent]).all()
    assert set(samples.served_by[samples.good].tolist()) == {1}
    assert samples.good.sum() > 10
    written = ledger.sent > 0
    assert ledger.acknowledged[written].all()
    # An orderly end leaves nothing unknown, and hands back what was reserved.
    assert ledger.unknown.sum() == 0
    assert set(ledger.writer.tolist()) == {0, 1}
    assert set(ledger.endpoint[written].tolist()) == {1}
    posts = [request for request in server.requests if request.startswith(b"POST")]
    keys = {re.search(rb"Idempotency-Key: (\S+)", request)[1].decode() for request in posts}
    pairs = zip(ledger.writer[written].tolist(), ledger.seq[written].tolist(), strict=True)
    assert keys == {f"r1-{writer}-{seq}" for writer, seq in pairs}
    assert json.loads(posts[0].partition(b"\r\n\r\n")[2]).keys() == {"seq", "w"}


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        ("hang", Result.TIMEOUT),
        ("reset", Result.RESET),
        (b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", Result.WRONG_STATUS),
        (b"HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nother", Result.WRONG_BODY),
        ((0.4, "ok"), Result.SLOW),
        ("ok", Result.GOOD),
    ],
)
def test_each_way_to_fail(server, plan_for, observer, until, behaviour, result):
    server.behaviour = behaviour
    running = observer(plan_for(canary={**FAST, "expect_body": "ok"}))
    expected = "good" if result is Result.GOOD else "bad"
    until(lambda: running.state and running.state["canaries"]["a"]["state"] == expected, expected)
    running.stop()
    assert results(History.open(running.history)) - {"INVALID", "SKIPPED"} == {result.name}


def test_refused(refusing_url, plan_for, observer, until):
    running = observer(plan_for(canary={**FAST, "url": refusing_url}))
    until(lambda: running.state and running.state["canaries"]["a"]["state"] == "bad", "bad")
    running.stop()
    assert results(History.open(running.history)) - {"INVALID"} == {"REFUSED"}


def test_a_slow_target_delays_no_probe(server, plan_for, observer, until):
    """The open loop: while all answers hang, probes keep their schedule."""
    server.behaviour = "hang"
    running = observer(plan_for(canary={"interval_ms": 40, "slo_s": 0.4, "timeout_s": 0.6}))
    until(lambda: len(server.requests) >= 25, "25 probes")
    running.stop()
    samples = History.open(running.history).canaries["a"]
    assert set(np.diff(samples.scheduled).tolist()) == {40_000_000}
    assert (samples.result == Result.TIMEOUT).sum() >= 10
    # A timed-out probe ends at its deadline: its schedule plus the timeout, and what the loop's grain adds.
    timed_out = samples.result == Result.TIMEOUT
    assert ((samples.done - samples.scheduled)[timed_out] >= 600_000_000).all()


@pytest.mark.parametrize("behaviour", ["ok", (0.1, "ok")])
def test_a_stalled_observer_is_no_outage(server, plan_for, observer, until, behaviour):
    """SIGSTOP for longer than the timeout, with probes in flight: nothing of that is the target's doing."""
    server.behaviour = behaviour
    running = observer(plan_for(canary={"interval_ms": 10, "slo_s": 0.5, "timeout_s": 0.8}))
    until(lambda: len(server.answered) > 20, "answers")
    for _ in range(2):
        os.kill(running.pid, signal.SIGSTOP)
        time.sleep(1.0)  # the length of the stall, not a wait for anything
        os.kill(running.pid, signal.SIGCONT)
        answered = len(server.answered)
        until(lambda answered=answered: len(server.answered) > answered + 20, "answers after the stall")
    running.stop()
    history = History.open(running.history)
    samples = history.canaries["a"]
    assert samples.bad.sum() == 0, results(history)
    assert (samples.result == Result.INVALID).sum() >= 50
    assert samples.good.sum() > 40
    assert len(history.heartbeat.stalls(700_000_000)) == 2


def test_a_hanging_target_is_bad_even_if_the_observer_stalls(server, plan_for, observer, until):
    server.behaviour = "hang"
    running = observer(plan_for(canary={"interval_ms": 50, "slo_s": 0.4, "timeout_s": 0.5}))
    until(lambda: len(server.requests) > 5, "probes")
    os.kill(running.pid, signal.SIGSTOP)
    time.sleep(0.7)  # the length of the stall
    os.kill(running.pid, signal.SIGCONT)
    until(lambda: running.state and running.state["canaries"]["a"]["state"] == "bad", "bad")
    running.stop()
    samples = History.open(running.history).canaries["a"]
    # Every probe that was sent was a timeout: that no answer came is a fact, however late it was noticed.
    assert set(samples.result[samples.sent > 0].tolist()) == {Result.TIMEOUT}


def test_a_frozen_observer_is_woken_to_end(server, plan_for, observer, until):
    running = observer(plan_for(canary={"interval_ms": 10}))
    until(lambda: len(server.answered) > 5, "answers")
    os.kill(running.pid, signal.SIGSTOP)
    running.stop()
    assert running.detail is None  # it was not killed
    assert History.open(running.history).missing == {}


def test_kill_9_forgets_no_write(server, plan_for, observer, until):
    """Whatever the server answered more than a moment before the kill is acknowledged, the rest is at least known."""
    running = observer(plan_for(ledger={"rate_per_s": 400.0, "writers": 3}))
    until(lambda: len(server.answered) > 300, "acknowledged writes")
    os.kill(running.pid, signal.SIGKILL)
    killed_ns = time.monotonic_ns()
    until(lambda: not running.alive(), "its death")
    assert running.detail == "killed by SIGKILL"
    history = History.open(running.history)
    assert "observer.json" in history.missing
    ledger = history.ledgers["orders"]
    known = {
        (writer, seq): (bool(ok), bool(unknown))
        for writer, seq, ok, unknown in zip(
            ledger.writer.tolist(), ledger.seq.tolist(), ledger.acknowledged, ledger.unknown, strict=True
        )
    }
    for answered_ns, request in server.answered:
        body = json.loads(request.partition(b"\r\n\r\n")[2])
        acknowledged, unknown = known[(body["w"], body["seq"])]
        assert acknowledged or unknown
        # The journal is synced every 20 ms; a busy machine gets a generous moment.
        assert acknowledged or answered_ns > killed_ns - 1_000_000_000
    assert sum(ok for ok, _ in known.values()) > 200


def test_unanswered_writes_are_unknown_and_refused_ones_failed(server, plan_for, observer, until):
    server.behaviour = "hang"
    running = observer(plan_for(ledger={"rate_per_s": 50.0, "timeout_s": 0.3, "slo_s": 0.2}))
    until(lambda: running.state and running.state["ledgers"]["orders"]["unknown"] > 5, "unknown writes")
    server.behaviour = b'HTTP/1.1 503 X\r\nContent-Length: 18\r\n\r\n{"outcome":"fail"}'
    until(lambda: running.state["ledgers"]["orders"]["failed"] > 5, "failed writes")
    running.stop()
    ledger = History.open(running.history).ledgers["orders"]
    assert ledger.acknowledged.sum() == 0
    assert set(ledger.error[ledger.failed].tolist()) == {503}
    assert set(ledger.error[ledger.unknown].tolist()) == {1}
    # A timed-out write may have landed: it is not tried again.
    keys = [re.search(rb"Idempotency-Key: (\S+)", request)[1] for request in server.requests]
    assert len(keys) == len(set(keys))


def test_orphaned_it_goes_on_for_a_while_and_ends_by_itself(server, plan_for, tmp_path, until):
    """Its runner is killed: the observer lingers, so that the outage's end is still seen."""
    plan = plan_for(canary=dict(FAST), linger_s=1.0)
    plan_file = tmp_path / "plan.json"
    plan_file.write_text(json.dumps(plan.as_json()))
    code = (
        "import json, sys, time, pathlib\n"
        "from blackstart.observer.plan import Plan\n"
        "from blackstart.observer.supervision import Observer\n"
        "plan = Plan.from_json(json.loads(pathlib.Path(sys.argv[1]).read_text()))\n"
        "observer = Observer(plan, pathlib.Path(sys.argv[2]))\n"
        "observer.start()\n"
        "print(observer.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    home = str(Path(blackstart.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(plan_file), str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": home},
    ) as runner:
        process = psutil.Process(int(runner.stdout.readline()))
        runner.kill()
    orphaned_ns = time.monotonic_ns()
    try:
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "its end")
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    history = History.open(tmp_path / "run" / "history")
    assert history.ended["reason"] == "orphaned"
    assert history.missing == {}
    assert history.ended["ended_ns"] - orphaned_ns > 900_000_000
    assert history.canaries["a"].scheduled[-1] > orphaned_ns + 500_000_000


def test_ctrl_c_does_not_reach_it_and_sigterm_ends_it_orderly(server, plan_for, observer, until):
    running = observer(plan_for(canary=dict(FAST)))
    assert os.getsid(running.pid) == running.pid
    os.kill(running.pid, signal.SIGINT)
    answered = len(server.answered)
    until(lambda: len(server.answered) > answered + 10, "probes after SIGINT")
    os.kill(running.pid, signal.SIGTERM)
    until(lambda: not running.alive(), "its end")
    assert History.open(running.history).ended["reason"] == "asked"


def test_duration(server, plan_for, observer, until):
    running = observer(plan_for(canary=dict(FAST), duration_s=0.4))
    until(lambda: not running.alive(), "its end")
    assert History.open(running.history).ended["reason"] == "duration"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("name", ["canary-a.bin", "heartbeat.bin", "ledger-orders.bin"])
def test_a_full_disk_ends_it_with_the_reason(server, plan_for, tmp_path, until, name):
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / name).symlink_to("/dev/full")
    running = Observer(plan_for(canary=dict(FAST), ledger={}), tmp_path)
    if name == "ledger-orders.bin":
        with pytest.raises(BlackstartError, match=r"did not start: .*No space left"):
            running.start()
    else:
        running.start()
        until(lambda: not running.alive(), "its end")
        assert f"{name} cannot be written: No space left" in running.detail
    ended = json.loads((tmp_path / "history" / "observer.json").read_text())
    assert ended["reason"] == "failed"
    assert name in ended["detail"]


def test_a_second_observer_does_not_write_into_a_history(server, plan_for, observer):
    plan = plan_for(ledger={})
    observer(plan).stop()
    with pytest.raises(BlackstartError, match="already holds a history"):
        observer(plan)


def test_a_runner_that_does_not_listen_stalls_nothing(server, plan_for, tmp_path, until):
    plan = plan_for(canary={"interval_ms": 10, "slo_s": 0.5, "timeout_s": 1.0})
    data = plan.as_json() | {"out": str(tmp_path / "history")}
    (tmp_path / "plan.json").write_text(json.dumps(data))
    home = str(Path(blackstart.__file__).parents[1])
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    try:
        while os.write(write_end, b"x" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(write_end, True)
    with subprocess.Popen(
        [sys.executable, "-m", "blackstart.observer", str(tmp_path / "plan.json")],
        stdin=subprocess.PIPE,
        stdout=write_end,
        env=os.environ | {"PYTHONPATH": home},
    ) as process:
        until(lambda: len(server.answered) > 150, "probes with a full pipe")
        process.stdin.write(b"stop\n")
        process.stdin.flush()
        assert process.wait(30) == 0
    os.close(read_end)
    os.close(write_end)
    assert History.open(tmp_path / "history").missing == {}


@pytest.mark.parametrize(
    ("content", "message"), [("{", "cannot read the plan"), ("{}", "'served_by'"), (None, "cannot read the plan")]
)
def test_a_wrong_plan_is_one_line_and_exit_2(tmp_path, content, message):
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)
    home = str(Path(blackstart.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "blackstart.observer", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": home},
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
