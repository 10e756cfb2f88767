"""A record cut at any byte, or with any file missing or empty: no crash, no number out of nothing, never met."""

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from blackstart import judge
from blackstart.judge.verdict import as_text

from .run_folder import Drill

CUTS = int(os.environ.get("BLACKSTART_CUTS", "6"))
EVIDENCE = (
    "run.json", "events.jsonl", "undo.jsonl", "history/canary-accelerator.bin", "history/ledger-orders.bin",
    "history/heartbeat.bin", "history/observer.json", "history/plan.json", "history/survivors-orders-standby.json",
    "history/survivors-orders-after-failback.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = Drill(unreplicated_s=1.0).write(tmp_path_factory.mktemp("damage") / "run")
    assert judge.run(folder)["outcome"] == "met"
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    def copied() -> Path:
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        return folder

    return copied


def sound(verdict):
    """The verdict can be written down, and says more than that it does not know."""
    assert json.loads(as_text(verdict)) == verdict
    assert verdict["reasons"]
    for figure in (verdict["rto"], verdict["downtime"]):
        assert figure is None or figure["earliest_s"] <= figure["point_s"] <= figure["latest_s"]
    return verdict


@pytest.mark.parametrize("file", EVIDENCE)
def test_a_file_cut_anywhere_is_never_met(copy, file):
    rng = random.Random(file)
    size = (copy() / file).stat().st_size
    line_end = 1 if file.endswith((".json",)) else 0  # a JSON file without its last newline is whole
    places = {0, 1, size - 1 - line_end, size // 2, *(rng.randrange(size - line_end) for _ in range(CUTS))}
    if "heartbeat" in file:  # its last beats are later than the window, and a few may be missing
        places = {place for place in places if place < size * 0.9 or place % 8}
    for place in sorted(places):
        folder = copy()
        with (folder / file).open("r+b") as opened:
            opened.truncate(place)
        verdict = sound(judge.run(folder))
        assert verdict["outcome"] == "inconclusive", f"{file} cut at {place}"
        if "ledger" in file:
            assert verdict["stores"].get("orders", {}).get("lost") is None


@pytest.mark.parametrize("file", ["history/canary-accelerator.bin", "history/ledger-orders.bin"])
def test_a_file_cut_between_two_records_is_never_met(copy, file):
    step = 48 if "canary" in file else 33
    folder = copy()
    records = (folder / file).stat().st_size // step
    # The ledger's last two records hand back what was never sent: without them, those writes are unknown, no more.
    lost = 5 if "ledger" in file else 1
    for keep in (records - lost, records // 2, 1):
        folder = copy()
        os.truncate(folder / file, keep * step)
        verdict = sound(judge.run(folder))
        assert verdict["outcome"] == "inconclusive", f"{keep} of {records} records"
        if "ledger" in file:
            assert verdict["stores"]["orders"]["lost"] is None


@pytest.mark.parametrize("file", EVIDENCE)
def test_a_missing_file_is_never_met(copy, file):
    folder = copy()
    (folder / file).unlink()
    verdict = sound(judge.run(folder))
    allowed = {"inconclusive", "met"} if "after-failback" in file else {"inconclusive"}
    assert verdict["outcome"] in allowed


@pytest.mark.parametrize("file", EVIDENCE)
def test_flipped_bits_never_crash_the_judge(copy, file):
    rng = random.Random(file)
    for _ in range(CUTS):
        folder = copy()
        data = bytearray((folder / file).read_bytes())
        for _ in range(3):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / file).write_bytes(data)
        sound(judge.run(folder))
        if file.endswith(".bin") and "heartbeat" not in file:
            assert judge.run(folder)["outcome"] == "inconclusive"


@pytest.mark.parametrize("junk", ["null", "[]", "3", '"text"', '{"objectives": 7}', '{"clock": [], "instruments": {}}'])
@pytest.mark.parametrize("file", ["run.json", "history/plan.json", "history/observer.json"])
def test_json_of_another_shape_never_crashes_the_judge(copy, file, junk):
    folder = copy()
    (folder / file).write_text(junk + "\n")
    assert sound(judge.run(folder))["outcome"] == "inconclusive"


@pytest.mark.parametrize(
    "line", ["null", "7", '{"event": 3}', '{"event": "window", "from": "x"}', '{"id": 1, "event": []}']
)
@pytest.mark.parametrize("file", ["events.jsonl", "undo.jsonl"])
def test_lines_of_another_shape_never_crash_the_judge(copy, file, line):
    folder = copy()
    with (folder / file).open("a") as opened:
        opened.write(line + "\n")
    sound(judge.run(folder))


def test_a_watcher_s_damage_is_told_but_spoils_nothing(copy):
    folder = copy()
    with (folder / "history/watch-lag-eu-central-1.jsonl").open("a") as opened:
        opened.write('{"t": 1')
    verdict = sound(judge.run(folder))
    assert verdict["outcome"] == "met"
    assert any("watch-lag-eu-central-1" in reason for reason in verdict["reasons"])


def test_an_empty_folder_and_none_at_all(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        verdict = sound(judge.run(folder))
        assert verdict["outcome"] == "inconclusive"
        assert verdict["rto"] is None
        assert verdict["stores"] == {}
