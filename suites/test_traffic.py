"""The traffic: it is moved to the standby on purpose."""

import pytest


@pytest.mark.drill("traffic-shift", rpo="0s", failed_requests=0)
def test_no_request_fails_when_traffic_is_moved_to_the_standby_and_back(drill):
    """The region is evacuated by traffic dials in steps, with a warmed standby, and traffic comes back."""
    drill.run().met()
