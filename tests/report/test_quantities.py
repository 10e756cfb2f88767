"""Numbers keep their units and bounds, and an absent one is never 0."""

import pytest

from blackstart.report.quantities import after, asked, bounds, count, interval, moment, part, plain, seconds, size


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not measured"),
        (0, "0 s"),
        (0.0004, "0 s"),
        (0.901, "0.901 s"),
        (4.9, "4.90 s"),
        (31.26, "31.3 s"),
        (1234.5, "1,234 s"),
        (-0.02, "−0.020 s"),
        (True, "not measured"),
        (float("nan"), "not measured"),
        ("6", "not measured"),
    ],
)
def test_seconds(value, text):
    assert seconds(value) == text


def test_an_objective_reads_as_it_was_set():
    assert asked(30) == "30 s"
    assert asked(1.5) == "1.5 s"


def test_bounds_are_rounded_outwards():
    # 30.04 s rounded to 30.0 s would look as if it met an objective of 30 s.
    assert bounds({"point_s": 30.0, "earliest_s": 29.96, "latest_s": 30.04}) == "29.9 – 30.1 s"
    assert bounds({"point_s": 0.3, "earliest_s": 0.3, "latest_s": 0.3}) == "0.300 – 0.300 s"


def test_open_bounds_say_so():
    assert bounds({"point_s": None, "earliest_s": 24.0, "latest_s": None}) == "at least 24.0 s"
    assert bounds({"point_s": None, "earliest_s": None, "latest_s": 0.25}) == "at most 0.250 s"
    assert interval({"point_s": None, "earliest_s": 24.0, "latest_s": None}) == "at least 24.0 s"
    assert interval(None) == "not measured"
    assert interval({"point_s": None, "earliest_s": None, "latest_s": None}) == "not measured"


def test_counts():
    assert count(0) == "0"
    assert count(1234567) == "1,234,567"
    assert count(None) == "not measured"


def test_part_of_something_that_is_no_interval():
    assert part("6 s", "point_s") is None
    assert part({"point_s": "6"}, "point_s") is None


def test_instants_carry_their_sign():
    assert (after(6.12), after(-3.0), after(0.0), after(None)) == ("+6.12 s", "−3.00 s", "0 s", "not measured")


def test_moment():
    assert moment("2026-11-22T10:30:00.000+00:00") == "22 Nov 2026, 10:30:00 UTC"
    assert moment("yesterday") == "yesterday"


def test_sizes():
    assert [size(n) for n in (0, 999, 1500, 2_000_000, 3_100_000_000)] == ["0 B", "999 B", "1.5 kB", "2 MB", "3.1 GB"]


def test_plain_drops_what_steers_a_terminal():
    assert plain("\x1b[31mred\x07 and\nlines\x9b2J") == "[31mred and lines 2J"
    assert len(plain("x" * 10_000)) == 600
