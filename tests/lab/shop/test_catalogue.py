"""The catalogue: cached, and there without a cache too."""

import os
import signal
import time


def test_it_is_read_from_the_cache_after_the_first_time(primary, cache, start_pod, eventually_ready, eventually_true):
    pod = eventually_ready(start_pod(cache_port=cache.port))
    first = pod.get("/catalogue")
    assert (first.status_code, first.headers["X-Cache"]) == (200, "miss")
    assert [each["sku"] for each in first.json()] == ["cup", "tea"]
    eventually_true(lambda: pod.get("/catalogue").headers["X-Cache"] == "hit")
    assert pod.get("/catalogue").json() == first.json()


def test_a_lost_cache_is_done_without_and_found_again(primary, cache, start_pod, eventually_ready, eventually_true):
    pod = eventually_ready(start_pod(cache_port=cache.port))
    eventually_true(lambda: pod.get("/catalogue").headers["X-Cache"] == "hit")
    cache.stop()
    lost = pod.get("/catalogue")
    assert (lost.status_code, lost.headers["X-Cache"]) == (200, "down")
    assert lost.json()
    assert pod.get("/healthz").json()["catalogue"]["down"] >= 1
    cache.start()
    eventually_true(lambda: pod.get("/catalogue").headers["X-Cache"] == "hit")


def test_a_cache_that_hangs_costs_little(primary, cache, start_pod, eventually_ready, eventually_true):
    pod = eventually_ready(start_pod(cache_port=cache.port))
    eventually_true(lambda: pod.get("/catalogue").headers["X-Cache"] == "hit")
    os.kill(cache.process.pid, signal.SIGSTOP)
    started = time.monotonic()
    answers = [pod.get("/catalogue") for _ in range(40)]
    took_s = time.monotonic() - started
    assert [answer.headers["X-Cache"] for answer in answers] == ["down"] * 40
    assert took_s < 1.6  # one patience (0.05 s) a rest (0.5 s), not one a request
    os.kill(cache.process.pid, signal.SIGCONT)
    eventually_true(lambda: pod.get("/catalogue").headers["X-Cache"] == "hit")


def test_a_lost_reader_is_replaced_by_the_writer(primary, names, start_pod, eventually_ready):
    names.records["reader.shop.internal"] = "127.105.1.38"  # nobody listens there
    pod = eventually_ready(start_pod())
    assert pod.get("/catalogue").status_code == 200


def test_no_database_and_no_cache_is_said(names, start_pod):
    names.records.update({"reader.shop.internal": "127.105.1.38", "shop.cluster.lab": "127.105.1.38"})
    answer = start_pod().get("/catalogue")
    assert (answer.status_code, answer.json()["outcome"]) == (503, "fail")
