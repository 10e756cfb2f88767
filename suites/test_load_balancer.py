"""The load balancer: clients no longer reach it, or it no longer reaches its pods."""

import pytest


@pytest.mark.drill("alb-blocked", rto="20s", rpo="0s")
def test_the_runbook_moves_the_dials_when_no_health_check_sees_the_outage(drill):
    """The ingress is revoked while every target stays healthy: only people can notice, and turn the dials."""
    drill.run().met()


@pytest.mark.drill("targets-blocked", rto="20s", rpo="0s")
def test_the_accelerator_fails_over_by_itself_when_no_target_is_healthy(drill):
    """The path to the pods is cut, the standby is warm: traffic moves although the standby's dial says 0 %."""
    drill.run().met()
