"""An ALB's targets: who is registered, and what health Envoy's own checks found, in ELB's words."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Address = tuple[str, int]


@dataclass(frozen=True)
class Target:
    """One registered pod. ``state``: initial, healthy, unhealthy or draining; ``reason``: ELB's code, or empty."""

    address: str
    port: int
    state: str
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def targets(
    registered: Iterable[Address], draining: Iterable[Address], seen: Mapping[Address, tuple[str, str]] | None
) -> tuple[Target, ...]:
    """Return the targets in order of address. ``seen``: what the ALB knows, None when the ALB does not answer."""
    found = [Target(*address, *_state(address, seen)) for address in registered]
    leaving = [Target(*address, "draining", "Target.DeregistrationInProgress") for address in draining]
    return tuple(sorted(found + leaving, key=lambda target: (target.address, target.port)))


def _state(address: Address, seen: Mapping[Address, tuple[str, str]] | None) -> tuple[str, str]:
    if seen is None:
        return "unhealthy", "Elb.InternalError"
    return seen.get(address, ("initial", "Elb.RegistrationInProgress"))


def health(clusters: Mapping[str, Any]) -> dict[Address, tuple[str, str]]:
    """Read the answer of Envoy's ``/clusters?format=json``: state and reason by address."""
    hosts = [host for cluster in clusters.get("cluster_statuses", []) for host in cluster.get("host_statuses", [])]
    return {_address(host): _health(host["health_status"]) for host in hosts}


def _address(host: Mapping[str, Any]) -> Address:
    socket = host["address"]["socket_address"]
    return str(socket["address"]), int(socket["port_value"])


def _health(status: Mapping[str, Any]) -> tuple[str, str]:
    if not status.get("failed_active_health_check"):
        return "healthy", ""
    return "unhealthy", "Target.Timeout" if status.get("active_hc_timeout") else "Target.FailedHealthChecks"
