"""The cache: the primary's dies and comes back empty."""

import pytest


@pytest.mark.drill("cache-loss", rpo="0s", warm="15s", failed_requests=0)
def test_the_shop_serves_without_its_cache_and_is_soon_warm_again(drill):
    """No request fails while the cache is away; latency is back where it was within the objective."""
    drill.run().met()
