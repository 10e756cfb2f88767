"""A region's own entry, past the accelerator: one question to its load balancer."""

import requests

from blackstart.topology import Topology

TIMEOUT_S = 0.5
"""How long a load balancer may take; one that drops what is sent never answers."""


def fault_at(topology: Topology, region: str) -> str | None:
    """Ask the region's load balancer once for a read; return what is wrong with its answer, nothing if it is good."""
    url = topology.regions[region].alb.url + topology.orders.read.path
    try:
        answer = requests.get(url, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        return f"{url} gave no answer ({type(error).__name__})"
    return None if answer.status_code in topology.orders.read.status else f"{url} answered {answer.status_code}"
