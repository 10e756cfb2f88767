"""The database: its writer moves by force, by plan, or within its region."""

import pytest


@pytest.mark.drill("aurora-failover", rto="20s", rpo="5s")
def test_the_application_finds_the_new_writer_when_the_database_is_forced_over(drill):
    """The global cluster fails over to the standby region, data loss allowed; what was lost is counted."""
    drill.run().met()


@pytest.mark.drill("aurora-switchover", rto="20s", rpo="0s")
def test_no_order_is_lost_when_the_writer_moves_by_plan_and_back(drill):
    """A switchover to the standby region and back: writes pause both ways, and none is lost."""
    drill.run().met()


@pytest.mark.drill("aurora-writer-loss", rto="10s", rpo="0s")
def test_a_reader_takes_over_in_its_own_region_when_the_writer_is_lost(drill):
    """The writer's instance dies; the region promotes a reader, and no other region is involved."""
    drill.run().met()
