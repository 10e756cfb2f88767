"""CloudWatch's rules as tables: M out of N, missing data, boundaries of periods."""

import pytest

from blackstart.lab.aws.alarms.evaluation import Rule, judge, periods

BELOW = Rule("LessThanThreshold", 50, period_s=10, periods=3, needed=3)


def rule(**changes):
    return Rule(**{**vars(BELOW), **changes})


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ([0, 0, 0], "ALARM"),
        ([0, 0, 100], "OK"),
        ([100, 0, 0], "OK"),
        ([50, 50, 50], "OK"),
        ([49.9, 0, 0], "ALARM"),
    ],
)
def test_all_periods_must_breach(values, state):
    assert judge(BELOW, values, "OK").state == state


@pytest.mark.parametrize(("values", "state"), [([0, 100, 0], "ALARM"), ([0, 100, 100], "OK")])
def test_m_out_of_n(values, state):
    assert judge(rule(needed=2), values, "OK").state == state


@pytest.mark.parametrize(
    ("comparison", "at_threshold"),
    [
        ("LessThanThreshold", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM"),
        ("GreaterThanThreshold", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM"),
    ],
)
def test_the_threshold_itself(comparison, at_threshold):
    assert judge(rule(comparison=comparison), [50, 50, 50], "OK").state == at_threshold


@pytest.mark.parametrize(
    ("missing", "values", "before", "state"),
    [
        ("breaching", [None, None, None], "OK", "ALARM"),
        ("breaching", [0, None, 0], "OK", "ALARM"),
        ("breaching", [100, None, None], "OK", "OK"),
        ("notBreaching", [None, None, None], "ALARM", "OK"),
        ("notBreaching", [0, None, 0], "ALARM", "OK"),
        ("ignore", [None, None, None], "ALARM", "ALARM"),
        ("ignore", [0, None, 100], "ALARM", "ALARM"),
        ("missing", [None, None, None], "OK", "INSUFFICIENT_DATA"),
        ("missing", [0, None, 0], "ALARM", "OK"),
    ],
)
def test_missing_data(missing, values, before, state):
    assert judge(rule(missing=missing), values, before).state == state


def test_the_reason_names_the_datapoints():
    reason = judge(rule(missing="breaching"), [0, None, 12.5], "OK").reason
    assert "3 out of the last 3 datapoints [0, missing, 12.5]" in reason
    assert "treated as breaching" in reason


def test_only_complete_periods_at_multiples_of_their_length_count():
    assert periods(BELOW, 1_000_005.0) == [(999_970, 999_980), (999_980, 999_990), (999_990, 1_000_000)]
    assert periods(BELOW, 1_000_010.0)[-1] == (1_000_000, 1_000_010)


def test_an_outage_is_seen_after_three_whole_periods():
    """In virtual time: probes each half second fail from 100.3 s on; three whole periods must be bad."""
    fast = rule(period_s=1, missing="breaching")
    probes = [(n / 2, 100.0 if n / 2 < 100.3 else 0.0) for n in range(180, 220)]

    def state_at(now):
        data = [[v for t, v in probes if start <= t < end] for start, end in periods(fast, now)]
        return judge(fast, [sum(each) / len(each) if each else None for each in data], "OK").state

    raised = next(now / 4 for now in range(4 * 95, 4 * 110) if state_at(now / 4) == "ALARM")
    assert raised == 104.0, "the period of the fault itself is half good: 50 is not below 50"
