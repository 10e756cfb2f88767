"""Strips: no outage is averaged away, silence is not good, and size does not matter."""

import time

import numpy as np
import pytest

from blackstart.report import page
from blackstart.report.availability import availability
from blackstart.report.axis import Axis
from blackstart.report.cells import ALL_BAD, ALL_GOOD, MIXED, NO_DATA, NOT_SENT, servers, states
from blackstart.report.record import read
from blackstart.report.seen import BAD, GOOD, UNSENT, Answers

NS = 1_000_000_000


def answers(times_s, outcomes, served=None):
    times = (np.asarray(times_s, float) * NS).astype(np.int64)
    by = np.zeros(times.size, np.uint8) if served is None else np.asarray(served, np.uint8)
    return Answers(times, np.asarray(outcomes, np.uint8), by, np.zeros(times.size, np.uint32), times < 0)


def test_one_bad_answer_among_a_million_good_ones_shows():
    outcomes = np.full(1_000_000, GOOD)
    outcomes[500_500] = BAD
    found = states(answers(np.arange(1_000_000) / 1000, outcomes), Axis(0, 1000), 0)
    assert (found == MIXED).sum() == 1
    assert found[300] == MIXED
    assert (np.delete(found, 300) == ALL_GOOD).all()


def test_cells_between_slow_probes_take_the_last_answer():
    found = states(answers([0, 1, 2, 3], [GOOD, BAD, BAD, GOOD]), Axis(0, 4), 0, cells=40)
    assert (found[:10] == ALL_GOOD).all()
    assert (found[10:30] == ALL_BAD).all()
    assert (found[30:] == ALL_GOOD).all()


def test_silence_is_no_data_not_the_last_answer():
    times = [*np.arange(0, 10, 0.1), *np.arange(50, 60, 0.1)]
    found = states(answers(times, [GOOD] * 200), Axis(0, 60), 0, cells=60)
    assert (found[15:49] == NO_DATA).all()
    assert found[5] == found[55] == ALL_GOOD


def test_what_was_not_sent_is_neither_good_nor_bad():
    found = states(answers([0.5, 1.5, 2.5], [GOOD, UNSENT, BAD]), Axis(0, 3), 0, cells=3)
    assert found.tolist() == [ALL_GOOD, NOT_SENT, ALL_BAD]


def test_what_lies_outside_of_the_axis_is_left_out():
    found = states(answers([-5, 0.5, 99], [BAD, GOOD, BAD]), Axis(0, 1), 0, cells=10)
    assert ALL_BAD not in found
    assert ALL_GOOD in found


def test_the_end_of_the_axis_belongs_to_its_last_cell():
    assert states(answers([10.0], [BAD]), Axis(0, 10), 0, cells=10).tolist() == [NO_DATA] * 9 + [ALL_BAD]


def test_who_served_is_who_gave_most_good_answers():
    given = answers([0.1, 0.2, 0.3, 1.1, 1.2, 1.3], [GOOD, GOOD, GOOD, GOOD, GOOD, BAD], [1, 1, 2, 2, 2, 1])
    assert servers(given, Axis(0, 2), 0, regions=2, cells=2).tolist() == [1, 2]


def test_a_region_that_the_plan_does_not_know_serves_nobody():
    assert servers(answers([0.1], [GOOD], [9]), Axis(0, 1), 0, regions=2, cells=1).tolist() == [0]


def test_strips_tell_the_outage_and_who_served(make):
    found = availability(read(make()))
    assert [strip.name for strip in found.strips] == ["accelerator", "alb-eu-west-1", "alb-eu-central-1", "orders"]
    strip = found.strips[0]
    assert strip.tally == "592 probes: 465 good, 121 bad, 6 not sent"
    (outage,) = [span for span in strip.spans if span.look == "bad"]
    axis_s = 29.6
    assert outage.left == pytest.approx(100 * 7.65 / axis_s, abs=0.6)
    assert outage.width == pytest.approx(100 * 6.05 / axis_s, abs=0.6)
    assert [span.words.split()[0] for span in strip.served] == [
        "eu-west-1",
        "eu-central-1",
        "eu-central-1",
        "eu-west-1",
    ]
    assert [mark.label for mark in found.marks] == ["fault", "recovered", "failed back"]
    # One axis: the mark of the fault stands where the outage begins.
    assert found.marks[0].percent == pytest.approx(outage.left, abs=0.6)


def test_an_instrument_that_left_nothing_is_named(make):
    folder = make()
    (folder / "history" / "canary-accelerator.bin").unlink()
    (folder / "history" / "ledger-orders.bin").write_bytes(b"")
    strips = {strip.name: strip for strip in availability(read(folder)).strips}
    assert strips["accelerator"].damage == "left no record"
    assert strips["accelerator"].tally == strips["orders"].tally == "no data"
    assert {span.look for span in strips["accelerator"].spans} == {"none"}


def test_a_damaged_history_says_how_much_was_left_out(make):
    folder = make()
    path = folder / "history" / "canary-accelerator.bin"
    path.write_bytes(path.read_bytes()[:-10])
    (strip, *_) = availability(read(folder)).strips
    assert "38 bytes left out" in strip.damage


def test_an_outage_says_which_part_of_the_requests_failed(make):
    edges = {side: {"point_s": at, "earliest_s": at, "latest_s": at} for side, at in (("start", 9.0), ("end", 12.0))}
    partial = {**edges, "failed_ratio": 0.342, "failed": 342, "probes": 1000, "confidence": 0.95}
    outage = {"observer": "accelerator", "kind": "wrong_status", **edges, "downtime": None, "partial": partial}
    few = {**outage, "partial": {**partial, "start": None, "end": None, "failed_ratio": 0.02}}
    first, second = availability(read(make(change={"outages": [outage, few]}))).outages
    assert first.kind.startswith("wrong status, 34% of the requests between ")
    assert second.kind == "wrong status, 2% of the requests"


def canary_of(count: int, start_ns: int) -> bytes:
    """Return a canary's file with that many probes, 1 ms apart, flapping all the time."""
    from blackstart.history import CANARY
    from blackstart.history.checksum import checksums

    records = np.zeros(count, CANARY)
    records["seq"] = np.arange(count)
    records["scheduled"] = records["sent"] = start_ns + np.arange(count) * 1_000_000
    records["done"] = records["sent"] + 1_000_000
    records["result"] = np.where(np.arange(count) // 1500 % 2, 4, 0)
    records["served_by"] = 1 + np.arange(count) // 1500 % 2
    records["crc32"] = checksums(records.view(np.uint8).reshape(count, CANARY.itemsize)[:, :-4])
    return records.tobytes()


def test_a_million_flapping_probes_render_fast_and_small(make):
    folder = make()
    (folder / "history" / "canary-accelerator.bin").write_bytes(canary_of(1_000_000, make.at(0)))
    began = time.perf_counter()
    written = page.write(folder)
    took_s = time.perf_counter() - began
    assert written.stat().st_size < 400_000
    # Idle it takes half a second; the bound only catches work that grows with every probe drawn.
    assert took_s < 20
    assert "1,000,000 probes" in written.read_text(encoding="utf-8")


def noise_of(count: int, start_ns: int) -> bytes:
    """Return a canary's file with nothing but noise: any latency, good and bad, by either region in turns."""
    from blackstart.history import CANARY
    from blackstart.history.checksum import checksums

    draw = np.random.default_rng(count)
    records = np.zeros(count, CANARY)
    records["seq"] = np.arange(count)
    records["scheduled"] = records["sent"] = start_ns + np.arange(count) * (30 * NS // count)
    records["done"] = records["sent"] + (10 ** draw.uniform(4, 12, count)).astype(np.int64)
    records["result"] = np.where(np.arange(count) * 1201 // count % 2, 4, 0)
    records["served_by"] = 1 + np.arange(count) * 401 // count % 2
    records["crc32"] = checksums(records.view(np.uint8).reshape(count, CANARY.itemsize)[:, :-4])
    return records.tobytes()


@pytest.mark.parametrize("canaries", [4, 30])
def test_a_huge_record_stays_below_a_megabyte(make, canaries):
    events = [{"t": make.at(i), "event": "note", "text": "x" * 5000} for i in range(3000)]
    acts = [
        {"id": i, "t": make.at(i), "event": "intended", "action": "a" * 900, "target": "t" * 900, "kind": "revertible"}
        for i in range(3000)
    ]
    folder = make("x", events=events, undo=acts)
    for number in range(900):
        (folder / "history" / f"watch-{number}.jsonl").write_text("")
    (folder / "history" / "ledger-orders.bin").unlink()
    for number in range(canaries):
        (folder / "history" / f"canary-noise-{number}.bin").write_bytes(noise_of(50_000 + number, make.at(0)))
    written = page.write(folder)
    assert written.stat().st_size < 1_000_000
    text = written.read_text(encoding="utf-8")
    assert "more in <code>events.jsonl" in text
    assert "2700 more in <code>undo.jsonl" in text
    assert "more files" in text
