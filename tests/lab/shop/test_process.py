"""The pod as a process: quick, small, ended in order, and telling what it did."""

import json
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest
import requests

from blackstart.lab.shop.http import BadRequestError, parse


def test_it_starts_small_and_logs_a_line_a_request(primary, start_pod, eventually_ready, record_property):
    pod = eventually_ready(start_pod())
    assert pod.order("logged").status_code in (200, 201)
    assert pod.get("/nothing").status_code == 404
    rss_mb = psutil.Process(pod.process.pid).memory_info().rss / 1e6
    record_property("rss_mb", rss_mb)
    record_property("listening_s", pod.listening_s)
    assert rss_mb < 50
    lines = [json.loads(line) for line in pod.log.read_text().splitlines()]
    placed = next(line for line in lines if line["key"] == "logged")
    assert (placed["method"], placed["path"], placed["pod"], placed["region"]) == (
        "POST",
        "/orders",
        "shop-0",
        "eu-west-1",
    )
    assert lines[-1]["status"] == 404


def test_sigterm_answers_what_is_in_work_and_ends(primary, start_pod, eventually_ready, eventually_true):
    import psycopg

    pod, answers = eventually_ready(start_pod()), []
    with psycopg.connect(host=primary.host, port=primary.port, user="shop", dbname="shop") as blocker:
        blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(target=lambda: answers.append(pod.order("last-order")))
        asking.start()
        eventually_true(lambda: primary.ask("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        pod.process.send_signal(signal.SIGTERM)
        eventually_true(lambda: not _is_ready(pod))
        eventually_true(lambda: not pod.accepts())
    asking.join()
    assert answers[0].status_code in (200, 201)
    assert pod.process.wait(10) == 0


def _is_ready(pod) -> bool:
    try:
        return requests.get(f"{pod.url}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def test_a_missing_variable_is_named(start_pod):
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "POD_IP": "127.105.1.100"}
    ended = subprocess.run(
        [sys.executable, "-m", "blackstart.lab.shop"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "RESOLVER" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_requests_are_parsed_in_pieces():
    whole = b"POST /orders/a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n"
    for cut in range(whole.index(b"abc") + 3):
        assert parse(whole[:cut]) is None
    request, rest = parse(whole)
    assert (request.method, request.path, request.body) == ("POST", "/orders/a b", b"abc")
    assert request.headers["host"] == "h"
    assert rest == b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / SPDY/1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 20_000, 431),
    ],
)
def test_what_is_no_request_is_refused(data, status):
    with pytest.raises(BadRequestError) as refused:
        parse(data)
    assert refused.value.status == status
