"""Orders against a real database: placed once, read back, and never acknowledged without a commit."""

import signal
import threading
import time
import uuid

import psutil
import pytest

from blackstart.lab.edge.black_hole import BlackHole
from blackstart.lab.shop.failure import RefusedError
from blackstart.lab.shop.orders import order

WRITER = "shop.cluster.lab"


def key() -> str:
    return uuid.uuid4().hex


def test_an_order_is_placed_and_read_back(primary, start_pod, eventually_ready):
    pod, mine = eventually_ready(start_pod()), key()
    placed = pod.order(mine, seq=7, version=3)
    assert placed.status_code == 201
    body = placed.json()
    assert body | {"id": 0} == {
        "id": 0,
        "key": mine,
        "region": "eu-west-1",
        "pod": "shop-0",
        "database": primary.host,
    }
    assert (placed.headers["X-Region"], placed.headers["X-Pod"]) == ("eu-west-1", "shop-0")
    found = pod.get(f"/orders/{mine}").json()
    assert (found["id"], found["seq"], found["version"], found["item"]) == (body["id"], 7, 3, "tea")
    assert primary.ask(f"SELECT seq, region FROM orders WHERE key = '{mine}'") == [(7, "eu-west-1")]


def test_a_key_is_placed_once(primary, start_pod, eventually_ready):
    pod, mine = eventually_ready(start_pod()), key()
    first, again = pod.order(mine), pod.order(mine, item="cup")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert primary.ask(f"SELECT count(*), min(item) FROM orders WHERE key = '{mine}'") == [(1, "tea")]


def test_what_is_no_order_is_refused(primary, start_pod, eventually_ready):
    pod = eventually_ready(start_pod())
    assert pod.order(None).json()["outcome"] == "fail"
    assert pod.order(None).status_code == 400
    assert pod.order(key(), seq="seven").status_code == 400
    assert pod.get("/orders/there-is-none").status_code == 404
    nothing = pod.get("/nothing")
    assert nothing.status_code == 404
    assert nothing.headers["X-Pod"] == "shop-0"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"writer": "x"}', b"\xff"])
def test_a_body_that_is_no_order_is_refused(body):
    with pytest.raises(RefusedError) as refused:
        order("k", body)
    assert refused.value.status == 400


def test_a_read_only_server_refuses_until_the_name_moves(primary, standby, names, start_pod, eventually_true):
    names.records[WRITER] = standby.host
    pod = start_pod()
    eventually_true(lambda: "read-only" in pod.get("/readyz").text)
    refused = pod.order(key())
    assert (refused.status_code, refused.json()["outcome"]) == (503, "fail")
    assert pod.get("/healthz").status_code == 200
    names.records[WRITER] = primary.host
    moved = time.monotonic()
    eventually_true(pod.ready)
    assert time.monotonic() - moved < 10
    assert pod.order(key()).json()["database"] == primary.host


def test_an_open_session_is_left_when_the_name_moves(
    primary, standby, names, start_pod, eventually_ready, eventually_true
):
    pod = eventually_ready(start_pod())
    assert pod.order(key()).status_code == 201
    names.records[WRITER] = standby.host
    eventually_true(lambda: pod.order(key()).status_code == 503)
    assert pod.order(key()).json()["outcome"] == "fail"


def test_a_server_that_does_not_answer_is_given_up(primary, names, start_pod, port, eventually_ready, eventually_true):
    pod = eventually_ready(start_pod())
    names.records[WRITER] = "127.105.1.39"
    hole = BlackHole("127.105.1.39", port)
    try:
        eventually_true(lambda: not pod.ready())
        started = time.monotonic()
        refused = pod.order(key())
        assert (refused.status_code, refused.json()["outcome"]) == (503, "fail")
        assert time.monotonic() - started < 3
    finally:
        hole.close()
    names.records[WRITER] = primary.host
    eventually_true(pod.ready)


def test_a_frozen_server_makes_the_outcome_unknown(primary, start_pod, eventually_ready, eventually_true):
    pod, mine = eventually_ready(start_pod()), key()
    assert pod.order(key()).status_code == 201
    family = [
        process for parent in [psutil.Process(primary.process.pid)] for process in parent.children(recursive=True)
    ]
    family.append(psutil.Process(primary.process.pid))
    for process in family:
        process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        unknown = pod.order(mine)
        took_s = time.monotonic() - started
        # The statement in work was cut off: its session does not linger until the server comes back.
        eventually_true(lambda: not _sessions(pod, primary))
    finally:
        for process in family:
            process.send_signal(signal.SIGCONT)
    assert (unknown.status_code, unknown.json()["outcome"]) == (504, "unknown")
    assert took_s < 3.5
    eventually_true(pod.ready)
    # The statement had been sent: it lands although nobody was told so.
    eventually_true(lambda: pod.get(f"/orders/{mine}").status_code == 200)
    assert pod.order(mine).status_code == 200


def test_a_server_that_gives_up_itself_makes_a_definite_failure(primary, start_pod, eventually_ready):
    import psycopg

    pod, mine = eventually_ready(start_pod()), key()
    with psycopg.connect(host=primary.host, port=primary.port, user="shop", dbname="shop") as blocker:
        blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        refused = pod.order(mine)
        assert (refused.status_code, refused.json()["outcome"]) == (503, "fail")
    assert pod.get(f"/orders/{mine}").status_code == 404
    assert pod.order(mine).status_code == 201


def test_a_session_killed_under_a_statement_makes_the_outcome_unknown(primary, start_pod, eventually_ready):
    import psycopg

    pod, answers = eventually_ready(start_pod()), []
    with psycopg.connect(host=primary.host, port=primary.port, user="shop", dbname="shop") as blocker:
        blocker.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(target=lambda: answers.append(pod.order(key())))
        asking.start()
        waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not primary.ask(waiting):
            time.sleep(0.02)
        asking.join()
    assert (answers[0].status_code, answers[0].json()["outcome"]) == (503, "unknown")


def test_a_name_that_does_not_exist_is_refused(primary, names, start_pod):
    del names.records[WRITER]
    names.records.pop("writer.shop.internal")
    pod = start_pod()
    refused = pod.order(key())
    assert (refused.status_code, refused.json()["outcome"]) == (503, "fail")
    assert "no such name" in refused.json()["error"]


def test_names_are_asked_once_a_ttl(primary, names, start_pod, eventually_ready):
    pod = eventually_ready(start_pod())
    started, before = time.monotonic(), names.asked
    for _ in range(30):
        assert pod.order(key()).status_code == 201
    assert names.asked - before <= 1 + (time.monotonic() - started)


def _sessions(pod, server) -> list[object]:
    connections = psutil.Process(pod.process.pid).net_connections("tcp")
    return [each for each in connections if each.raddr == (server.host, server.port) and each.status == "ESTABLISHED"]
