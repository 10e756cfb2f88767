import math

import pytest

from blackstart.lab.specification import TIMINGS, Specification
from blackstart.outcome import UsageError


def test_defaults_are_the_fast_two_region_lab():
    lab = Specification()
    assert (lab.primary, lab.standby) == ("eu-west-1", "eu-central-1")
    assert (lab.pods, lab.pod_start_s, lab.timings.record_ttl_s) == (2, 0.5, 2)


def test_survives_json():
    lab = Specification(name="two", pods=3, replication_rate_kbps=60, api_port=5000)
    assert Specification.from_json(lab.as_json()) == lab


def test_absent_knobs_take_the_profiles_defaults():
    lab = Specification.from_json({"timing": "aws", "pods": None})
    assert lab.pod_start_s == TIMINGS["aws"].pod_start_s == 60
    assert lab.pods == 2
    assert Specification.from_json({"timing": "aws", "pod_start_s": 1}).pod_start_s == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Ä b"),
        ("name", ""),
        ("name", "../up"),
        ("regions", ("eu-west-1", "eu-west-1")),
        ("regions", ("eu-west-1",)),
        ("regions", ("eu-west-1", "Mars")),
        ("pods", 0),
        ("pods", 51),
        ("pods", True),
        ("pod_start_s", -1),
        ("pod_start_s", math.nan),
        ("pod_start_s", "soon"),
        ("replication_delay_ms", -1),
        ("replication_rate_kbps", 0),
        ("timing", "slow"),
        ("api_port", 80),
        ("api_port", 70_000),
    ],
)
def test_a_bad_knob_is_named_in_one_line(field, value):
    with pytest.raises(UsageError) as caught:
        Specification.from_json({field: value})
    assert f"{field} is" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_knob_is_named():
    with pytest.raises(UsageError, match="'pots'"):
        Specification.from_json({"pots": 2})
