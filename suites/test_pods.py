"""The pods: some, then all of the primary's are killed."""

import pytest


@pytest.mark.drill("pod-loss", rto="20s", rpo="0s")
def test_the_primary_heals_itself_when_its_pods_are_killed(drill):
    """The cluster replaces every pod within the region; nobody fails over, and no order is lost."""
    drill.run().met()
