import json
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from blackstart.history import EXTRA, Result, Sample, pack_samples
from blackstart.judge import observation
from blackstart.judge.interval import Interval
from blackstart.judge.outages import Latency, find
from blackstart.judge.series import judged

from . import observation_folder
from .drawn import CUTS, DRILLS, SEEDS, WINDOWS, evenly, traits
from .simulation import MODES, MS, Prober, S, probes, series
from .tally import cases, tell
from .truth import outside

OUTLINE = ("point", "earliest", "latest")
FILES = ("canary-a.bin", "heartbeat.bin", "plan.json", "clock.json", "observer.json")


def holds(interval, truth):
    return interval["earliest_s"] <= truth <= interval["latest_s"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return observation_folder.write(tmp_path_factory.mktemp("observation") / "o")


def test_an_outage_counts_from_the_observations_start(whole):
    outages, about = observation.run(whole)
    (outage,) = outages
    assert outage.keys() == {"observer", "kind", "start", "end", "downtime", "first_light_s", "flaps"}
    assert (outage["observer"], outage["kind"], outage["flaps"]) == ("a", "refused", 0)
    assert holds(outage["start"], 5.0)
    assert holds(outage["end"], 7.0)
    assert holds(outage["downtime"], 2.0)
    assert abs(outage["first_light_s"] - 7.0) < 0.02
    assert about["state"] == "complete"
    assert about["reasons"] == about["notes"] == []
    assert about["clock"]["monotonic_zero_ns"] == observation_folder.ZERO
    assert about["instruments"]["a"]["probes"] == 700


def test_judging_again_gives_the_same_bytes(whole, tmp_path):
    folder = Path(shutil.copytree(whole, tmp_path / "copy"))
    observation.write(folder)
    first = {name: (folder / name).read_bytes() for name in (observation.OUTAGES, observation.ABOUT)}
    observation.write(folder)
    assert first == {name: (folder / name).read_bytes() for name in first}
    assert isinstance(json.loads(first[observation.OUTAGES]), list)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.floats(0, 1), st.booleans())
def test_a_history_cut_short_at_any_byte_says_so_and_stays_true(whole, tmp_path, name, share, at_a_record):
    """Never a crash, never a number out of nothing: what is still told holds the truth, or there is a reason."""
    folder = tmp_path / "cut"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    data = (folder / name).read_bytes()
    size = {"canary-a.bin": 48, "heartbeat.bin": 8}.get(name, 1) if at_a_record else 1
    kept = int(share * len(data)) // size * size
    (folder / name).write_bytes(data[:kept])
    outages, about = observation.write(folder)
    if kept < len(data.rstrip() if name.endswith(".json") else data):
        assert about["state"] == "inconclusive"
        assert any(name in reason for reason in about["reasons"])
    if name == "clock.json" and about["reasons"]:
        return  # then the zero is that of the first probe, and it is said that the clock is missing
    for outage in outages:
        assert outage["start"] is None or holds(outage["start"], 5.0)
        assert outage["end"] is None or holds(outage["end"], 7.0)
        assert outage["downtime"] is None or holds(outage["downtime"], 2.0)


@pytest.mark.simulation
@settings(max_examples=cases(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(DRILLS, SEEDS, WINDOWS, st.sampled_from((FILES[0], *FILES)), CUTS)
def test_what_is_still_stated_of_a_drawn_record_that_was_cut_is_true(tmp_path, drill, seed, stable_ns, name, share):
    service, prober = drill
    note(f"seed {seed}, stable {stable_ns}, {name} cut at {share}, {service}, {prober}")
    record = probes(service, prober, random.Random(seed))
    folder = observation_folder.write_record(tmp_path / "drawn", record, prober, stable_ns)
    data = (folder / name).read_bytes()
    kept = round(share * len(data))
    (folder / name).write_bytes(data[:kept])
    cut = kept < len(data.rstrip() if name.endswith(".json") else data)
    stated, about = observation.run(folder)
    wrong = [] if not cut or any(name in reason for reason in about["reasons"]) else [f"{name}: cut, and not said"]
    # Without the heartbeats nobody knows of a standstill, without the clock of the zero: then the reason must do.
    if not cut or name not in ("heartbeat.bin", "clock.json"):
        wrong += [f"not true: {outage}" for outage in stated if not could_be(outage, record)]
    outlines = {which: [as_interval(outage[which]) for outage in stated] for which in ("start", "end", "downtime")}
    had = {f"{each} is cut": cut and each == name for each in FILES}
    tell("cut records", traits(service, prober, record) | had | {"nothing cut": not cut}, outlines, wrong)
    assert not wrong


def as_interval(seconds):
    return None if seconds is None else Interval(*(round(seconds[f"{at}_s"] * S) for at in OUTLINE))


def could_be(outage, record):
    """Tell whether there are failures that this outage lasted from and to; bounds are told to the microsecond."""
    bad = (record.result >= Result.SLOW) & (record.result < Result.SKIPPED) & (record.failed_from >= 0)
    begin, end = np.unique(record.failed_from[bad]), np.unique(record.failed_to[bad])
    start, over = within(outage["start"], begin), within(outage["end"], end)
    lasted = over[None, :] - start[:, None]
    return bool((within(outage["downtime"], lasted.ravel()) >= 0).any())


def within(stated, instants):
    if stated is None:
        return instants
    earliest, latest = (round(stated[f"{at}_s"] * S) for at in ("earliest", "latest"))
    return instants[(instants >= earliest - 1000) & (instants <= latest + 1000)]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(whole, tmp_path, name):
    folder = Path(shutil.copytree(whole, tmp_path / "copy"))
    (folder / name).unlink()
    _, about = observation.run(folder)
    assert about["state"] == "inconclusive"
    assert any(name in reason for reason in about["reasons"])


def test_an_empty_folder_is_no_observation_and_no_number(tmp_path):
    assert not observation.is_one(tmp_path)
    outages, about = observation.run(tmp_path)
    assert outages == []
    assert about["state"] == "inconclusive"


@pytest.mark.parametrize(
    ("wall", "note"),
    [
        ("2026-11-26T11:00:15.000+00:00", "set forward by 3600.000 s"),
        ("2026-11-26T10:00:05.000+00:00", "set back by 10.000 s"),
        ("2026-11-26T10:00:15.050+00:00", None),
    ],
)
def test_a_wall_clock_that_was_set_is_noticed_and_changes_no_duration(tmp_path, wall, note):
    outages, about = observation.run(observation_folder.write(tmp_path / "o", wall=wall))
    assert [note in text for text in about["notes"]] == ([True] if note else [])
    assert about["state"] == "complete"
    assert holds(outages[0]["downtime"], 2.0)


def test_a_full_disk_is_a_reason(tmp_path):
    folder = observation_folder.write(tmp_path / "o", reason="failed", detail="canary-a.bin cannot be written")
    assert "canary-a.bin cannot be written" in observation.run(folder)[1]["reasons"][0]


def test_an_outage_that_outlasts_the_observation_has_no_downtime(tmp_path):
    (outage,) = observation.run(observation_folder.write(tmp_path / "o", down=((18 * S, 99 * S),)))[0]
    assert outage["end"] is outage["downtime"] is outage["first_light_s"] is None


def test_where_only_some_requests_failed_their_share_is_told_beside_the_outages(tmp_path):
    down = tuple((8 * S + step * 100 * MS, 8 * S + step * 100 * MS + 50 * MS) for step in range(20))
    outages, about = observation.run(observation_folder.write(tmp_path / "o", down=down, mode="503"))
    (outage,), (partial,) = outages, about["partial_failures"]
    assert outage["flaps"] > 10
    assert partial["observer"] == "a"
    assert 0.3 < partial["failed_ratio"] < 0.7
    assert holds(partial["start"], 3.0)
    assert holds(partial["end"], 4.95)


def test_an_outage_in_which_everything_failed_is_no_partial_failure(whole):
    assert observation.run(whole)[1]["partial_failures"] == []


@pytest.mark.parametrize(("status", "kind"), [(4, "unresolved"), (7, "untrusted"), (5, "other")])
def test_failures_without_a_result_of_their_own_are_named_by_their_number(status, kind):
    prober = Prober(interval_ns=20 * MS)
    samples = observation_folder.looking_closer((10 * S, 11 * S), "refused", 1, prober)
    spoilt = [s._replace(result=Result.OTHER, status=status) if s.result == Result.REFUSED else s for s in samples]
    assert found_in(spoilt, prober)[0].failure == kind


def found_in(samples, prober, calm_until=10 * S):
    counted = judged(observed(samples, prober), prober.seen_stalls)
    return find(counted, 1200 * MS, Latency.before(counted, calm_until))


def observed(samples, prober):
    raw = series("canary", samples, prober)
    return type(raw)(**{**raw.__dict__, "extra": np.array([bool(sample.flags) for sample in samples])})


@pytest.mark.simulation
@settings(max_examples=cases(100), deadline=None)
@given(st.sampled_from(MODES), evenly(0, 20 * MS), evenly(1500, 4000), SEEDS)
def test_looking_closer_keeps_the_truth_within_the_bounds(mode, phase, length_ms, seed):
    prober = Prober(end=9 * S, interval_ns=20 * MS)
    down = (2 * S + phase, 2 * S + phase + length_ms * MS)
    samples = observation_folder.looking_closer(down, mode, seed, prober)
    (outage,) = found_in(samples, prober, calm_until=2 * S)
    lasted = down[1] - down[0]
    stated = {"start": (outage.start, down[0]), "end": (outage.end, down[1]), "downtime": (outage.downtime, lasted)}
    wrong = [text for which, (interval, truth) in stated.items() for text in outside(which, interval, truth)]
    # Half the base interval at the start, half the closer one at the end, and the answer's own way there and back.
    if abs(outage.downtime.point - lasted) > 14.5 * MS:
        wrong.append(f"the downtime's point is off by {outage.downtime.point - lasted}")
    extra = sum(bool(sample.flags) for sample in samples)
    had = {f"an outage: {each}": each == mode for each in MODES} | {"extra probes": bool(extra)}
    tell("closer looks", had, {which: [interval] for which, (interval, _) in stated.items()}, wrong)
    assert not wrong


def test_looking_closer_changes_no_count_of_an_outage():
    prober = Prober(end=20 * S, interval_ns=20 * MS)
    samples = observation_folder.looking_closer((10 * S, 12 * S), "503", 1, prober)
    inside = [n for n, s in enumerate(samples) if 10.5 * S < s.scheduled < 11.5 * S and not s.flags]
    for n in inside[::5]:
        samples[n] = samples[n]._replace(result=Result.GOOD, status=200)
    (closer,), (plain,) = (found_in(rows, prober) for rows in (samples, [s for s in samples if not s.flags]))
    assert plain.probes == 100
    assert plain.bad_probes == 90
    assert (closer.bad_probes, closer.probes, closer.failure) == (plain.bad_probes, plain.probes, plain.failure)


def test_an_observation_counts_extra_probes_apart(tmp_path):
    folder = observation_folder.write(tmp_path / "o")
    plain = observation.run(folder)[1]["instruments"]["a"]
    closer = Sample(9999, 10 * S, 10 * S, 11 * S, 0, Result.REFUSED, 0, 0, EXTRA)
    with (folder / "canary-a.bin").open("ab") as file:
        file.write(pack_samples([closer] * 3))
    found = observation.run(folder)[1]["instruments"]["a"]
    assert {**found, "send_lag_ms": None} == {**plain, "send_lag_ms": None, "extra": 3}


def test_an_outage_that_only_extra_probes_saw_is_one_failure():
    prober = Prober(end=20 * S, interval_ns=20 * MS)
    samples = observation_folder.looking_closer((10 * S, 12 * S), "503", 1, prober)
    seen = [s if s.flags else s._replace(result=Result.GOOD, status=200) for s in samples]
    (outage,) = found_in(seen, prober)
    assert outage.bad_probes == 1
    assert 98 <= outage.probes <= 101


def test_the_instruments_own_interval_is_not_that_of_its_closer_looks():
    prober = Prober(end=20 * S, interval_ns=20 * MS)
    samples = observation_folder.looking_closer((5 * S, 18 * S), "refused", 1, prober)
    assert sum(bool(sample.flags) for sample in samples) > len(samples) / 2
    assert judged(observed(samples, prober), prober.seen_stalls).step_ns == 20 * MS


def said_of(folder):
    """Judge; whatever it says can be written down."""
    outages, about = observation.run(folder)
    json.dumps([outages, about], allow_nan=False)
    return outages, about


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_anywhere_is_inconclusive(whole, tmp_path, name):
    """Also in a heartbeat, which has no checksum of its own, and excuses failures; and in the clocks and the plan."""
    folder = Path(shutil.copytree(whole, tmp_path / "copy"))
    data = (folder / name).read_bytes()
    rng = random.Random(name)
    for _ in range(25):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data) - 1)] ^= 1 << rng.randrange(8)
        (folder / name).write_bytes(flipped)
        _, about = said_of(folder)
        assert about["state"] == "inconclusive"
        assert not any("judging it failed" in reason for reason in about["reasons"])


def test_two_whole_canaries_that_changed_their_names_are_noticed(tmp_path):
    """Each record is intact, and there are as many as there should be: only the files are the wrong ones."""
    folder = observation_folder.write(tmp_path / "o")
    other = observation_folder.write(tmp_path / "p", seed=2)
    shutil.copy(other / "canary-a.bin", folder)
    assert observation.run(folder)[1]["reasons"] == ["canary-a.bin: is not what the observer wrote: its digest differs"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plan.json", '{"canaries": 3}'),
        ("plan.json", '{"canaries": [3]}'),
        ("plan.json", '{"canaries": [{"url": "x"}]}'),
        ("plan.json", '{"canaries": [{"name": "a", "slo_s": "x", "timeout_s": []}]}'),
        ("plan.json", '{"stable_s": 1e999}'),
        ("plan.json", '{"served_by": 7}'),
        ("clock.json", '{"monotonic_ns": "x", "wall": 3}'),
        ("clock.json", "{}"),
        ("observer.json", '{"ended_ns": 1e999}'),
        ("observer.json", '{"ended_ns": 99999999999999999999999}'),
        ("observer.json", '{"counts": 4}'),
        ("observer.json", '{"counts": {"canaries": {"a": 3}}}'),
        ("observer.json", '{"reason": [1]}'),
        ("observer.json", "{}"),
    ],
)
def test_json_of_another_shape_is_named_and_the_probes_are_still_judged(whole, tmp_path, name, content):
    folder = Path(shutil.copytree(whole, tmp_path / "copy"))
    (folder / name).write_text(content)
    outages, about = said_of(folder)
    assert about["state"] == "inconclusive"
    assert any(reason.startswith(name) for reason in about["reasons"])
    assert holds(outages[0]["downtime"], 2.0)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(whole, tmp_path):
    folder = Path(shutil.copytree(whole, tmp_path / "copy"))
    (folder / "heartbeat.bin").unlink()
    os.mkfifo(folder / "heartbeat.bin")
    assert "heartbeat.bin: cannot be read: is no file" in observation.run(folder)[1]["reasons"]


def test_heartbeats_out_of_order_excuse_nothing(tmp_path):
    """A record from before there were seals: a beat in the past would be a standstill that never was."""
    folder = observation_folder.write(tmp_path / "o")
    ended = json.loads((folder / "observer.json").read_text())
    (folder / "observer.json").write_text(json.dumps({k: v for k, v in ended.items() if k not in ("seal", "sha256")}))
    before = observation.run(folder)[0]
    beats = np.fromfile(folder / "heartbeat.bin", "<i8")
    beats[50] += 2**40
    beats.tofile(folder / "heartbeat.bin")
    outages, about = observation.run(folder)
    assert outages == before
    assert any("heartbeat.bin" in reason for reason in about["reasons"])


def test_a_standstill_too_short_to_spoil_the_record_is_told(tmp_path):
    folder = observation_folder.write(tmp_path / "o", down=(), stalls=((10 * S, 11 * S + 500 * MS),))
    _, about = observation.run(folder)
    assert about["state"] == "complete"
    assert any("stood still once for 1.6 s" in note for note in about["notes"]), about["notes"]


def test_probes_that_say_nothing_are_told(tmp_path):
    stalls = tuple((at * S // 2, at * S // 2 + 200 * MS) for at in range(14, 38))
    _, about = observation.run(observation_folder.write(tmp_path / "o", down=(), stalls=stalls))
    assert about["state"] == "complete"
    (note,) = about["notes"]
    assert "probes say nothing of the target" in note
