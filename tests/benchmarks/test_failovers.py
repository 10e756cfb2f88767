"""What the benchmark of failovers claims, from failovers whose figures are known; the failovers are its run."""

from dataclasses import replace

import pytest

from benchmarks.failovers import DISTURBED, Failover, checked, document, shortened

GOOD = Failover(
    condition="1 s of delay",
    outcome="met",
    acknowledged=900,
    lost=190,
    lost_at_most=200,
    divergent=195,
    engine_gap=195,
    split_brain=0,
    rpo={"point_s": 0.97, "earliest_s": 0.9, "latest_s": 1.05},
    lag_ms=1000.4,
    commits=195,
    delay_s=1.0,
    held_s=None,
    unchanged=True,
)
HELD = replace(GOOD, condition="held link", delay_s=None, held_s=1.09)


def test_failovers_that_went_well_hold_every_bound():
    assert all(holds for _, holds in checked([GOOD, HELD]))


def test_no_failover_is_no_success():
    assert not all(holds for _, holds in checked([]))


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, outcome="inconclusive"),
        replace(GOOD, lost=206, lost_at_most=206),
        replace(GOOD, divergent=196),
        replace(GOOD, divergent=None),
        replace(GOOD, engine_gap=None),
        replace(GOOD, split_brain=1),
        replace(GOOD, rpo=GOOD.rpo | {"point_s": 1.06}),
        replace(HELD, held_s=1.2),
        replace(GOOD, unchanged=False),
    ],
)
def test_each_bound_can_be_missed(bad):
    assert sum(not holds for _, holds in checked([GOOD, HELD, bad])) >= 1


def test_the_document_has_a_row_for_each():
    text = "\n".join(document([HELD, GOOD], checked([HELD, GOOD])))
    assert "# 2 failovers under load" in text
    assert "| 1 s of delay | 900 | 190 | 10 | 195 | 195 | 0.970 (0.900 to 1.050) | 1.000 | 1000 |" in text
    assert text.index("| 1 s of delay") < text.index("| held link")


def test_the_link_is_disturbed_before_the_region_is_lost():
    names = [step["name"] for step in shortened()["method"]]
    assert names.index(DISTURBED) == names.index("lose the primary region") - 1
