"""httping as a peer: how it is started, and what is read from what it printed in each kind of outage."""

import pytest

from benchmarks.instruments import httping as peer
from benchmarks.instruments.httping import httping
from benchmarks.instruments.wall import offset_s

PRINTED = """Connecting to host 127.0.0.1, port 37575 and requesting file /

PING 127.0.0.1:37575 (/):
1795821218.992979 connected to 127.0.0.1:37575 (87 bytes), seq=0 time=  0.32 ms 200 OK
1795821220.201610could not connect (Connection refused)
1795821220.201643
1795821224.020407timeout while receiving reply-headers from host
1795821226.829923connect time out
1795821226.829966
1795821228.637142 connected to 127.0.0.1:37575 (78 bytes), seq=56 time=  0.55 ms 503 Service Unavailable
1795821230.008635 connected to 127.0.0.1:37575 (87 bytes), seq=57 time=1000.50 ms 200 OK
1795821231.109000 connected to 127.0.0.1:37575 (87 bytes), seq=58 time=123.45 ms 200 OK
1795821231.209
--- http://127.0.0.1:37575/ ping statistics ---
59 connects, 4 ok, 93.22% failed, time 12474ms
round-trip min/avg/max/sd = 0.3/0.5/6.8/1.1 ms
Got signal 2
1795821232.100000 connected to 127.0.0.1:37575 (87 bytes), seq=59 time=  0.3"""


def test_each_request_has_the_time_that_was_printed_with_it_and_is_good_if_it_was_200_in_time(tmp_path):
    (tmp_path / "output").write_text(PRINTED)
    sight = peer.sight(tmp_path)
    seen = [(round(reply.told_s - offset_s() - 1795821218, 3), reply.good) for reply in sight.replies]
    assert [good for _, good in seen] == [True, False, False, False, False, False, True]
    assert [at for at, _ in seen] == pytest.approx([0.993, 2.202, 6.020, 8.830, 10.637, 12.009, 13.109], abs=0.05)
    assert sight.outages is None
    assert list(sight.probes_s) == [reply.told_s for reply in sight.replies]


def test_it_asks_again_a_tenth_of_a_second_after_each_answer_and_waits_for_one_as_long_as_the_slo(tmp_path):
    command = httping(0.1).command("http://127.0.0.1:9/", tmp_path)
    assert " ".join(command).endswith("httping -g http://127.0.0.1:9/ -G -s -vv --ts -i 0.1 -t 1 -c 18000")
    assert httping(0.1).name == "httping, 0.1 s"


def test_where_it_is_not_on_the_path_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not on the PATH" in httping(0.1).absent
    binary = tmp_path / "httping"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    assert httping(0.1).absent is None
