"""The peers that not every machine has, against real outages; and what a run without them says."""

import pytest

from benchmarks.ground_truth.script import Planned
from benchmarks.instruments import bench
from benchmarks.instruments.comparison import play
from benchmarks.instruments.httping import httping
from benchmarks.instruments.locust import locust
from benchmarks.part import Setting


@pytest.mark.proof
@pytest.mark.parametrize(("peer", "per_s"), [(httping(0.1), 8.4), (locust(50), 50)], ids=["httping", "locust"])
def test_it_sees_a_real_outage_and_ends_when_it_is_told(peer, per_s, tmp_path):
    if peer.name.startswith("httping") and peer.absent is not None:
        pytest.skip(peer.absent)  # a distribution's package: nothing that make could install for everybody
    played = play([Planned("refused", 1.0, 1.5), Planned("hang", 1.0, 1.5)], [peer], tmp_path)
    did = played["observers"][peer.name]
    assert [row["mode"] for row in did["rows"]] == ["refused", "hang"]
    assert not any(row["missed"] for row in did["rows"])
    assert abs(did["rows"][0]["error_ms"]) < 500
    assert did["probes_per_s"] == pytest.approx(per_s, rel=0.2)


def test_a_peer_that_is_not_there_is_named_by_the_run_and_in_the_document(monkeypatch, capsys, tmp_path):
    taken = []
    there, gone = httping(0.1), locust(50, tmp_path)
    monkeypatch.setattr(bench, "peers", lambda: [there, gone])
    monkeypatch.setattr(bench, "play", lambda drawn, observers, folder: taken.extend(observers) or {"observers": {}})
    measured = bench.measure(Setting(quick=True))
    said = capsys.readouterr().out.splitlines()
    assert gone.name not in [it.name for it in taken] and len(taken) >= 4
    assert [line for line in said if line.startswith(f"instruments: {gone.name} is not measured: ")]
    assert measured["absent"][gone.name] == gone.absent
    text = "\n".join(bench.lines(measured | {"idle": None, "busy": None}))
    assert f"**{gone.name}** was not measured in this run: {gone.absent}." in text
