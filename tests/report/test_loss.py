"""The account of a store: the service's own lag stands beside the loss, with its difference, and is no RPO."""

import pytest

from blackstart.report.loss import losses
from blackstart.report.record import read


def metric_row(make, **metric):
    orders = {"name": "orders", "acknowledged": 3, "lag_metrics": {"lag": metric}}
    (loss,) = losses(read(make(change={"stores": {"orders": orders}})))
    return next(value for title, value, _ in loss.rows if title == "Metric lag")


@pytest.mark.parametrize(
    ("beyond_s", "says"),
    [
        (0.79, "last before fault 201, the RPO is 0.790 s more than the last"),
        (-1.5, "last before fault 201, the RPO is 1.50 s less than the last"),
    ],
)
def test_the_rpo_s_difference_to_the_last_reading_is_shown(make, beyond_s, says):
    beyond = dict.fromkeys(("point_s", "earliest_s", "latest_s"), beyond_s)
    assert metric_row(make, last_before_fault=201, rpo_beyond_s=beyond) == says


def test_where_no_reading_was_made_there_is_no_difference(make):
    assert "more than" not in metric_row(make, last_before_fault=None, rpo_beyond_s=None)
