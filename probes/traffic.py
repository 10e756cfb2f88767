"""What clients of the whole system see at its entry."""

from typing import Any

import requests
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import accelerator
from blackstart.platform.setting import setting

__all__ = ["serving_region", "traffic_dials"]

TIMEOUT_S = 2.0


def serving_region(configuration: Configuration = None) -> str:
    """Return the region that answers a read through the accelerator; fails when nobody answers as it should."""
    here = setting(configuration)
    orders = here.topology.orders
    url = here.topology.accelerator.url + orders.read.path
    try:
        answer = requests.get(url, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        raise ActivityFailed(f"{url} does not answer ({type(error).__name__})") from error
    if answer.status_code not in orders.read.status:
        raise ActivityFailed(f"{url} answers {answer.status_code}")
    return answer.headers.get(orders.served_by_header, "")


def traffic_dials(configuration: Configuration = None) -> dict[str, Any]:
    """Return the accelerator's traffic dials, percent by region."""
    here = setting(configuration)
    return {region: group.dial for region, group in accelerator.groups(here.topology).items()}
