"""Heatmaps: every answer is in them, true to its bin, and any number of them stays a small picture."""

import re

import numpy as np
import pytest

from blackstart.report.availability import tally
from blackstart.report.axis import Axis
from blackstart.report.ink import bars, runs
from blackstart.report.latency import BINS, LEAST_US, MOST, bins_of, latencies, level_of, quantile_s
from blackstart.report.seen import BAD, GOOD, Answers, Seen

NS = 1_000_000_000
WHOLE = [("in the run", 0.0, 11.0)]


def seen_of(waited_ms, outcomes=None, name="accelerator", span_s=10.0, extra=None):
    waited = np.asarray(waited_ms, float)
    times = (np.linspace(0, span_s, waited.size, endpoint=False) * NS).astype(np.int64)
    results = np.where(waited > 0, GOOD, BAD) if outcomes is None else np.asarray(outcomes)
    by = np.ones(waited.size, np.uint8)
    closer = np.zeros(waited.size, bool) if extra is None else extra
    answers = Answers(times, results.astype("u1"), by, (waited * 1000).astype("u4"), closer)
    return Seen(name, "canary", True, answers=answers)


def drawn(*seen, spans=WHOLE):
    return latencies(seen, Axis(0.0, 10.0), (), spans, 0)


def cells(path):
    """Return how many cells a path of runs covers."""
    return sum(int(length) for length in re.findall(r"h(\d+)v1", path))


def test_runs_cover_the_marked_cells_and_no_more():
    marked = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=bool)
    assert runs(marked) == "M0 0h2v1H0zM3 0h1v1H3zM0 2h4v1H0z"
    assert runs(np.zeros((2, 2), dtype=bool)) == ""


def test_a_bar_that_is_there_can_be_seen():
    assert bars(np.array([0.0, 0.001, 20.0]), 30) == "M1 30v-1h1V30zM2 30v-20h1V30z"


@pytest.mark.parametrize("latency_us", [10, 11, 99, 1_000, 3_217, 950_000, 30_000_000])
def test_the_middle_of_a_bin_is_within_the_stated_error(latency_us):
    tally = np.bincount(bins_of(np.array([latency_us], "u4")), minlength=BINS)
    assert quantile_s(tally, 0.5) == pytest.approx(latency_us / 1e6, rel=0.0121)


def test_what_is_off_the_scale_stays_in_its_first_or_last_bin():
    assert bins_of(np.array([1, LEAST_US, 2**31], "u4")).tolist() == [0, 0, BINS - 1]


def test_shares_are_counted_not_interpolated():
    tally = np.bincount(bins_of(np.array([1000] * 95 + [100_000] * 5, "u4")), minlength=BINS)
    assert quantile_s(tally, 0.95) == pytest.approx(0.001, rel=0.0121)
    assert quantile_s(tally, 0.96) == pytest.approx(0.1, rel=0.0121)
    assert quantile_s(np.zeros(BINS, np.int64), 0.5) is None


def test_one_slow_answer_among_a_million_is_drawn():
    waited = np.full(1_000_000, 2.0)
    waited[700_000] = 900.0
    (heat,) = drawn(seen_of(waited)).heats
    assert cells(dict(heat.levels)[1]) == 1
    assert sum(len(path) for _, path in heat.levels) < 20_000


def test_failures_have_a_row_of_their_own_and_no_latency():
    found = drawn(seen_of([3.0] * 200 + [0.0] * 100 + [4.0] * 100))
    (heat,) = found.heats
    assert cells(heat.failed) == pytest.approx(heat.columns / 4, abs=1)
    (line,) = found.quantiles
    assert line.answers == "300"
    assert line.slowest == "4.00 ms"
    assert "100 failed or had no answer" in heat.text


def test_how_closely_an_outage_was_looked_at_changes_no_figure():
    own, closer = [3.0] * 90 + [0.0] * 10, [900.0] * 200 + [0.0] * 300
    extra = np.arange(600) >= 100
    seen = seen_of(own + closer, extra=extra)
    found = drawn(seen)
    (line,) = found.quantiles
    assert (line.answers, line.slowest) == ("90", "3.00 ms")
    assert "10 failed or had no answer" in found.heats[0].text
    assert tally(seen) == "100 probes: 90 good, 10 bad; 500 more to look closer at outages"


def test_a_late_but_right_answer_has_its_latency(make):
    from blackstart.history import Result, Sample, pack_samples
    from blackstart.report.record import read
    from blackstart.report.seen import instruments

    folder = make()
    late = Sample(0, make.at(1), make.at(1.2), make.at(2.5), 200, Result.SLOW, 1, 0)
    (folder / "history" / "canary-accelerator.bin").write_bytes(pack_samples([late]))
    (seen, *_) = instruments(read(folder))
    assert seen.answers.waited_us.tolist() == [1_500_000]  # from when it was due, not from when it was sent
    assert seen.answers.outcomes.tolist() == [BAD]


def test_each_span_has_its_figures_and_none_without_answers():
    spans = [("before", 0.0, 5.0), ("after", 5.0, 11.0), ("never", 20.0, 30.0)]
    lines = drawn(seen_of([2.0] * 50 + [20.0] * 50), spans=spans).quantiles
    assert [(line.when, line.answers, line.slowest) for line in lines] == [
        ("before", "50", "2.00 ms"),
        ("after", "50", "20.0 ms"),
        ("never", "0", "–"),
    ]
    assert lines[2].median == "–"


@pytest.mark.parametrize("waited_ms", [1.0, 1.95, 2.0, 3.3, 7.77, 42.0])
def test_no_share_is_above_the_slowest(waited_ms):
    (line,) = drawn(seen_of([waited_ms] * 9)).quantiles
    assert float(line.p99.split()[0]) <= float(line.slowest.split()[0])
    assert line.median == line.p99


def test_darker_is_more():
    assert level_of(np.array([[0, 1, 10, 100, 1000]])).tolist() == [[0, 1, 2, 4, 5]]


def test_all_maps_share_one_scale_of_at_least_a_decade():
    found = drawn(seen_of([2.0] * 50, name="a"), seen_of([2.1] * 50, name="b"))
    assert found.rows == 8
    assert drawn(seen_of([1.0] * 50), seen_of([900.0] * 50)).rows >= 24


def test_instruments_beyond_what_a_page_holds_are_counted():
    found = drawn(*(seen_of([2.0], name=str(number)) for number in range(MOST + 3)))
    assert (len(found.heats), found.undrawn) == (MOST, 3)


def test_nobody_saw_anything():
    assert drawn(Seen("a", "canary", True)).heats == ()
