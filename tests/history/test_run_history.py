import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackstart.history import (
    Entry,
    History,
    Kind,
    Result,
    Sample,
    Survivors,
    WatchFile,
    as_ranges,
    pack_beats,
    pack_entries,
    pack_samples,
    read_heartbeat,
    read_survivors,
    read_watch,
    write_survivors,
)

SURVIVORS = Survivors("orders", "standby", "10.0.0.1:5432", 5, 9, "r1", {0: [(1, 7), (9, 9)], 1: [(1, 3)]}, 0)


@given(st.sets(st.integers(0, 60)))
def test_ranges_hold_exactly_the_sequences(sequences):
    ranges = as_ranges(sorted(sequences))
    assert [seq for first, last in ranges for seq in range(first, last + 1)] == sorted(sequences)
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(ranges))


def test_survivors_come_back_as_they_were(tmp_path):
    path = write_survivors(tmp_path, SURVIVORS)
    assert path.name == "survivors-orders-standby.json"
    found = read_survivors(path)
    assert found == SURVIVORS
    assert found.count == 11
    assert json.loads(path.read_text())["writers"] == {"0": [[1, 7], [9, 9]], "1": [[1, 3]]}


def test_a_file_that_is_no_survivors_file(tmp_path):
    path = tmp_path / "survivors-orders-standby.json"
    path.write_text('{"store": "orders"}')
    with pytest.raises(ValueError, match="no survivors' file"):
        read_survivors(path)


def test_heartbeat_shows_stalls_and_a_cut(tmp_path):
    path = tmp_path / "heartbeat.bin"
    beats = [0, 100_000_000, 200_000_000, 900_000_000, 1_000_000_000]
    path.write_bytes(pack_beats(beats) + b"abc")
    heartbeat = read_heartbeat(path)
    assert heartbeat.beats.tolist() == beats
    assert [(stall.start_ns, stall.end_ns) for stall in heartbeat.stalls()] == [(200_000_000, 900_000_000)]
    assert heartbeat.damage.bytes == 3


def test_watch_keeps_whole_lines(tmp_path):
    file = WatchFile(tmp_path, "lag-eu-west-1")
    for t, value in ((1, 0.5), (2, None), (3, {"role": "writer"})):
        file.append(t, value)
    file.close()
    path = tmp_path / "watch-lag-eu-west-1.jsonl"
    watch = read_watch(path)
    assert (watch.times, watch.values, watch.damage) == ((1, 2, 3), (0.5, None, {"role": "writer"}), None)
    path.write_bytes(path.read_bytes() + b'{"t": 4, "val')
    cut = read_watch(path)
    assert cut.times == (1, 2, 3)
    assert cut.damage.bytes == 13


@pytest.fixture
def recorded(tmp_path):
    plan = {"served_by": ["a", "b"], "canaries": [{"name": "accelerator"}], "ledgers": [{"name": "orders"}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "clock.json").write_text('{"monotonic_ns": 1, "wall": "w", "pid": 1, "boot_id": null}')
    (tmp_path / "observer.json").write_text('{"ended_ns": 9, "reason": "asked", "counts": {}}')
    (tmp_path / "canary-accelerator.bin").write_bytes(pack_samples([Sample(0, 1, 1, 2, 200, Result.GOOD, 1, 0)]))
    (tmp_path / "ledger-orders.bin").write_bytes(pack_entries([Entry(Kind.RESERVED, 0, 1, 1, 0, 1)]))
    (tmp_path / "heartbeat.bin").write_bytes(pack_beats([1]))
    (tmp_path / "watch-lag-b.jsonl").write_text('{"t": 1, "value": 3}\n')
    write_survivors(tmp_path, SURVIVORS)
    return tmp_path


def test_a_whole_history(recorded):
    history = History.open(recorded)
    assert history.missing == {}
    assert history.served_by == ("a", "b")
    assert history.ended["reason"] == "asked"
    assert history.clock["monotonic_ns"] == 1
    assert (list(history.canaries), list(history.ledgers), list(history.watches)) == (
        ["accelerator"],
        ["orders"],
        ["lag-b"],
    )
    assert history.survivors[("orders", "standby")] == SURVIVORS
    assert len(history.heartbeat) == 1


@pytest.mark.parametrize(
    "name", ["plan.json", "clock.json", "observer.json", "heartbeat.bin", "canary-accelerator.bin", "ledger-orders.bin"]
)
def test_what_is_not_there_is_named(recorded, name):
    (recorded / name).unlink()
    assert list(History.open(recorded).missing) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "canary-accelerator.bin",
        "ledger-orders.bin",
        "heartbeat.bin",
        "plan.json",
        "observer.json",
        "watch-lag-b.jsonl",
        "survivors-orders-standby.json",
    ],
)
def test_what_is_cut_is_named(recorded, name):
    path = recorded / name
    path.write_bytes(path.read_bytes()[:-3])
    assert name in History.open(recorded).missing


def test_nothing_at_all(tmp_path):
    history = History.open(tmp_path / "nowhere")
    assert history.plan is None
    assert set(history.missing) == {"plan.json", "clock.json", "observer.json", "heartbeat.bin"}
