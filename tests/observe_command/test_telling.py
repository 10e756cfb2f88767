"""What is printed of an observation."""

import pytest

from blackstart.observe_command.telling import partial_line


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        (({"point_s": 3.1}, {"point_s": 9.25}), "shop: 34.0% of 500 requests failed from 3.100 s to 9.250 s"),
        ((None, None), "shop: 34.0% of 500 requests failed: too few to tell since when, and until when"),
    ],
)
def test_a_partial_failure_is_one_line(edges, says):
    failure = {"observer": "shop", "failed_ratio": 0.34, "probes": 500, "start": edges[0], "end": edges[1]}
    assert partial_line(failure) == says
