"""locust as a peer: how it is started, what is read from its log, and that it asks evenly, on new connections."""

import json
import signal
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread

import pytest

from benchmarks.instruments import locust as peer
from benchmarks.instruments.comparison import wait
from benchmarks.instruments.locust import locust

RATE_PER_S = 50


def test_replies_are_in_the_order_in_which_they_were_told_and_a_line_cut_short_is_none(tmp_path):
    lines = [{"asked_s": 3.0, "told_s": 4.0, "good": False}, {"asked_s": 3.5, "told_s": 3.6, "good": True}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "replies.jsonl").write_text(text + '{"asked_s": 4.0, "told')
    sight = peer.sight(tmp_path)
    assert [(reply.told_s, reply.good) for reply in sight.replies] == [(3.6, True), (4.0, False)]
    assert sight.probes_s == [3.0, 3.5]
    assert sight.outages is None


def test_it_has_as_many_users_as_take_no_notice_of_each_other_and_all_of_them_at_once(tmp_path):
    command = list(locust(RATE_PER_S, tmp_path).command("http://127.0.0.1:9/", tmp_path))
    given = dict(pairwise(command))
    assert command[0] == str(tmp_path / "bin/locust")
    assert given["-u"] == given["-r"] == "60"
    assert (given["--host"], given["--slo-s"], given["--rate-per-s"]) == ("http://127.0.0.1:9/", "1", "50")
    assert {"--headless", "--only-summary"} <= set(command)


def test_where_it_is_not_installed_it_says_so(tmp_path):
    assert "tools/peers.sh" in locust(RATE_PER_S, tmp_path).absent
    (tmp_path / ".ready").touch()
    assert locust(RATE_PER_S, tmp_path).absent is None


class Counting(BaseHTTPRequestHandler):
    """Keeps connections alive for whoever wants that, and counts both."""

    protocol_version = "HTTP/1.1"
    connections = requests = 0

    def setup(self):
        type(self).connections += 1
        super().setup()

    def do_GET(self):
        type(self).requests += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def counting() -> Iterator[tuple[type[Counting], str]]:
    counts = type("Counts", (Counting,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), counts)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield counts, f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.proof
def test_it_asks_evenly_and_each_time_on_a_new_connection(tmp_path):
    with counting() as (counts, url):
        process = subprocess.Popen(locust(RATE_PER_S).command(url, tmp_path), stderr=subprocess.DEVNULL)
        try:
            wait(lambda: counts.requests >= 3 * RATE_PER_S, 60)
            process.send_signal(signal.SIGINT)
            process.wait(60)
        finally:
            process.kill()
    assert counts.connections >= counts.requests
    asked_s = peer.sight(tmp_path).probes_s
    assert (len(asked_s) - 1) / (asked_s[-1] - asked_s[0]) == pytest.approx(RATE_PER_S, rel=0.15)
    assert statistics.median(later - asked for asked, later in pairwise(asked_s)) == pytest.approx(0.02, abs=0.005)
