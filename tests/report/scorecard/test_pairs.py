"""Manual against automated: compared where both decided in the same surroundings, and nowhere else."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from blackstart.report import scorecard
from tests.report.programme_folder import Runs

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AUTOMATED = {"experiment": "region-loss-automated", "failover": "automated"}


def pairs(runs: Runs) -> list[dict[str, Any]]:
    written = scorecard.write(runs.folder, None, None, NOW)
    assert ('id="pairs"' in written.page.read_text()) == bool(written.data["manual_against_automated"])
    return list(json.loads(written.json.read_text())["manual_against_automated"])


def test_the_newest_of_each_way_stand_side_by_side(runs: Runs) -> None:
    runs.many([9.0, 8.0])
    runs.many([7.0, 4.0], **AUTOMATED)
    (pair,) = pairs(runs)
    assert pair["manual"].endswith("-2")
    assert pair["automated"].endswith("-4")
    recovered = next(one for one in pair["phases"] if one["name"] == "Recovered")
    assert recovered == {
        "name": "Recovered",
        "manual": "+8.00 s",
        "automated": "+4.00 s",
        "difference": "4.00 s earlier",
    }


def test_a_phase_that_one_way_lacks_is_not_compared(runs: Runs) -> None:
    runs.many([8.0])
    found = [{"name": "fault_injected", "at": {"point_s": 2.0, "earliest_s": 2.0, "latest_s": 2.0}, "source": "x"}]
    runs.many([4.0], phases=found, **AUTOMATED)
    (pair,) = pairs(runs)
    routed = next(one for one in pair["phases"] if one["name"] == "Traffic routed")
    assert (routed["automated"], routed["difference"]) == ("not observed", "not measured")


def test_bounds_that_overlap_show_no_difference(runs: Runs) -> None:
    runs.many([8.0])
    runs.many([8.05], **AUTOMATED)
    assert {one["difference"] for one in pairs(runs)[0]["phases"]} == {"no difference shown"}


@pytest.mark.parametrize(
    "automated",
    [
        {**AUTOMATED, "outcome": "inconclusive"},
        {**AUTOMATED, "failover": "manual"},
        {**AUTOMATED, "environment": {"kind": "aws"}},
        {**AUTOMATED, "system": "other"},
        {"experiment": "pod-loss", "failover": "none"},
    ],
)
def test_what_is_not_alike_is_not_compared(runs: Runs, automated: dict[str, Any]) -> None:
    runs.many([8.0])
    runs.many([4.0], **automated)
    assert pairs(runs) == []
