"""What clients of the whole system see at its entry."""

from typing import Any

import requests
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import accelerator
from blackstart.platform.setting import Setting, setting
from blackstart.safety.act import NotProvedError, eventually

__all__ = ["endpoint_health", "routed_to", "serving_region", "traffic_dials"]

TIMEOUT_S = 2.0
POLL_S = 0.25
ANSWERS = 10
"""So many answers in a row from one region show that the traffic goes there, and not only a share of it."""


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


def endpoint_health(
    region: str = "primary", expected: str = "HEALTHY", hold_s: float = 0, configuration: Configuration = None
) -> dict[str, Any]:
    """Wait until the accelerator calls all of a region's endpoints so, and see it stay so.

    :param region: ``primary``, ``standby`` or a region's name
    :param expected: HEALTHY or UNHEALTHY, as Global Accelerator describes an endpoint
    :param hold_s: for how long it must stay so, seconds
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    try:
        evidence = eventually(here, lambda: _has_health(here, name, expected))
        until = here.clock.now_ns() + int(hold_s * 1e9)
        while here.clock.now_ns() < until:
            here.clock.sleep(POLL_S)
            evidence = _has_health(here, name, expected)
    except NotProvedError as error:
        raise ActivityFailed(str(error)) from error
    return {"evidence": f"{evidence}, and stayed so for {hold_s:g} s"}


def routed_to(region: str = "standby", configuration: Configuration = None) -> dict[str, Any]:
    """Wait until one region alone answers through the accelerator.

    :param region: ``primary``, ``standby`` or a region's name
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    try:
        return {"evidence": eventually(here, lambda: _answers_alone(name, configuration))}
    except NotProvedError as error:
        raise ActivityFailed(str(error)) from error


def _has_health(here: Setting, region: str, expected: str) -> str:
    group = accelerator.groups(here.topology).get(region)
    states = sorted(set(group.health.values())) if group else []
    if states != [expected]:
        raise NotProvedError(f"the accelerator calls {region}'s endpoints {', '.join(states) or 'nothing'}")
    return f"the accelerator calls {region}'s endpoints {expected}"


def _answers_alone(region: str, configuration: Configuration) -> str:
    servers = {serving_region(configuration) for _ in range(ANSWERS)}
    if servers != {region}:
        raise NotProvedError(f"answers come from {', '.join(sorted(servers))}, not from {region} alone")
    return f"{ANSWERS} answers in a row come from {region}"
