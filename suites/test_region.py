"""The region: all of the primary is lost, and the standby takes over."""

import pytest


@pytest.mark.drill("region-loss", rto="30s", rpo="5s")
def test_the_standby_takes_over_by_runbook_when_the_primary_region_is_lost(drill):
    """An operator promotes the database, scales the standby up, moves names and traffic, and later fails back."""
    drill.run().met()


@pytest.mark.drill("region-loss-automated", rto="30s", rpo="5s")
def test_the_standby_takes_over_by_itself_when_the_primary_region_is_lost(drill):
    """Alarms start the failover controller; nobody is at the runbook, and blackstart only measures."""
    drill.run().met()
