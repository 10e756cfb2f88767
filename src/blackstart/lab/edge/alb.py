"""One region's ALB: what its Envoy is told."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blackstart.lab.edge import envoy
from blackstart.lab.edge.targets import Address
from blackstart.lab.layout import Layout
from blackstart.lab.specification import Timing
from blackstart.outcome import UsageError

ANYWHERE = ("0.0.0.0/0",)
CONNECT_S = 0.5
"""How long the ALB tries to reach a pod before it answers 503."""
_LONGEST_CHECK_S = 5.0
_SHORTEST_CHECK_S = 0.8
_NOT_OK = [{"start": 100, "end": 200}, {"start": 201, "end": 600}]
_CLUSTER = "pods"
_REDIRECT = "envoy.http11_proxy_transport_socket.proxy_address"
_HTTP_OPTIONS = "extensions.upstreams.http.v3.HttpProtocolOptions"
_RBAC = "extensions.filters.network.rbac.v3.RBAC"


class Alb:
    """The documents of one ALB, in ``folder``. Every setter takes effect in a running Envoy within milliseconds."""

    def __init__(self, layout: Layout, region: str, timing: Timing, folder: Path, black_hole: Address) -> None:
        self.region = region
        self.allowed: tuple[str, ...] = ANYWHERE
        self.path_open = True
        self.registered: tuple[Address, ...] = ()
        self.bootstrap = folder / "bootstrap.json"
        self.admin = (layout.alb_admin(region), layout.ports.admin)
        self._listen = (layout.alb(region), layout.ports.http)
        self._timing = timing
        self._black_hole = black_hole
        self._listeners = folder / "listeners.json"
        self._endpoints = folder / "endpoints.json"

    @property
    def name(self) -> str:
        """Return the name of the ALB's process."""
        return f"alb-{self.region}"

    @property
    def argv(self) -> list[str]:
        return envoy.argv(self.bootstrap)

    def write(self) -> None:
        """Write all documents, as Envoy needs them to start."""
        self.bootstrap.parent.mkdir(parents=True, exist_ok=True)
        self._put_listeners()
        self._put_endpoints()
        dynamic = {"lds_config": envoy.watched(self._listeners)}
        admin = envoy.address(*self.admin)
        envoy.put(self.bootstrap, envoy.bootstrap(self.name, admin, [self._cluster()], dynamic_resources=dynamic))

    def allow(self, cidrs: Iterable[str]) -> None:
        """Let these CIDRs open connections, and nobody else; connections that are open go on.

        Raises ``UsageError`` for what is no CIDR.
        """
        self.allowed = tuple(sorted({_cidr(cidr) for cidr in cidrs}))
        self._put_listeners()

    def set_path(self, is_open: bool) -> None:
        """Open or close the way to the pods. Closed: connections to pods hang, so health checks and requests fail."""
        self.path_open = is_open
        self._put_endpoints()

    def register(self, addresses: Iterable[Address]) -> None:
        """Replace the targets."""
        self.registered = tuple(sorted(addresses))
        self._put_endpoints()

    def _put_listeners(self) -> None:
        filters = [self._security_group(), envoy.http_manager(_CLUSTER)]
        listener = envoy.typed(
            "config.listener.v3.Listener",
            name=self.name,
            address=envoy.address(*self._listen),
            filter_chains=[{"filters": filters}],
        )
        envoy.put_resources(self._listeners, listener)

    def _security_group(self) -> envoy.Document:
        """Return the filter by which connections that no rule allows are accepted and then hang."""
        principals = [{"direct_remote_ip": _range(cidr)} for cidr in self.allowed]
        policy = {"ingress": {"permissions": [{"any": True}], "principals": principals}} if principals else {}
        rules = {"action": "ALLOW", "policies": policy}
        rbac = envoy.typed(_RBAC, stat_prefix="ingress", rules=rules, delay_deny="86400s")
        return {"name": "envoy.filters.network.rbac", "typed_config": rbac}

    def _put_endpoints(self) -> None:
        envoy.put_resources(self._endpoints, envoy.assignment(_CLUSTER, [self._endpoint(a) for a in self.registered]))

    def _endpoint(self, target: Address) -> envoy.Document:
        """Describe one target. A closed path sends its new connections to the black hole, but the target stays the
        same for Envoy, so that its health changes as the checks find it and not at once.
        """
        endpoint: envoy.Document = {"endpoint": {"address": envoy.address(*target)}}
        if not self.path_open:
            elsewhere = envoy.typed("config.core.v3.Address", **envoy.address(*self._black_hole))
            endpoint["metadata"] = {"typed_filter_metadata": {_REDIRECT: elsewhere}}
        return endpoint

    def _cluster(self) -> envoy.Document:
        return {
            "name": _CLUSTER,
            "type": "EDS",
            "eds_cluster_config": {"eds_config": envoy.watched(self._endpoints)},
            "connect_timeout": envoy.seconds(CONNECT_S),
            "health_checks": [self._health_check()],
            # A deregistered target leaves at once, and one that fails loses what is in flight.
            "ignore_health_on_host_removal": True,
            "close_connections_on_host_health_failure": True,
            # Fail open: only with no healthy target at all does an ALB send requests to all targets.
            # Envoy would otherwise hold changes of health back for up to a second.
            "common_lb_config": {"healthy_panic_threshold": {"value": 1}, "update_merge_window": "0s"},
            "typed_extension_protocol_options": {f"envoy.{_HTTP_OPTIONS}": _one_request_a_connection()},
        }

    def _health_check(self) -> envoy.Document:
        """Return the check. Each makes its own connection: a kept one would not notice a closed path."""
        interval_s = self._timing.alb_health_interval_s
        interval = envoy.seconds(interval_s)
        return {
            "timeout": envoy.seconds(max(_SHORTEST_CHECK_S, min(interval_s, _LONGEST_CHECK_S))),
            "interval": interval,
            "no_traffic_interval": interval,
            "healthy_threshold": self._timing.alb_healthy_count,
            "unhealthy_threshold": self._timing.alb_unhealthy_count,
            "reuse_connection": False,
            # Without these an answer other than 200 would count at once, whatever the threshold.
            "http_health_check": {"path": "/readyz", "retriable_statuses": _NOT_OK},
        }


def _one_request_a_connection() -> envoy.Document:
    """Keep no connection to a pod, so that no request slips through after its path was closed."""
    return envoy.typed(
        _HTTP_OPTIONS,
        common_http_protocol_options={"max_requests_per_connection": 1},
        explicit_http_config={"http_protocol_options": {}},
    )


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise UsageError(
            f"edge: ingress allows {text!r}, which is no CIDR block; give one such as 0.0.0.0/0"
        ) from error


def _range(cidr: str) -> dict[str, Any]:
    network = ipaddress.ip_network(cidr)
    return {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}
