"""The accelerator: what its Envoy is told. Open connections are never moved; new ones follow the shares."""

from collections.abc import Mapping
from pathlib import Path

from blackstart.lab.edge import envoy
from blackstart.lab.layout import Layout

NAME = "accelerator"
"""The name of the accelerator's process."""
_CLUSTER = "endpoints"
_PARTS = 10_000
"""Shares become whole weights out of so many."""
_CONNECT_S = 5.0
_IDLE_S = 340.0
"""After so long without a byte AWS forgets a connection."""
_DISCARD = 9
"""Nobody listens on this port of the accelerator: whom no dial takes is refused."""


class Accelerator:
    """The documents of the accelerator, in ``folder``."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self._layout = layout
        self._endpoints = folder / "endpoints.json"
        self.bootstrap = folder / "bootstrap.json"
        self.admin = (layout.accelerator_admin, layout.ports.admin)
        self.routed: dict[str, float] = dict.fromkeys(layout.regions, 0.0)

    @property
    def argv(self) -> list[str]:
        return envoy.argv(self.bootstrap)

    def write(self) -> None:
        """Write all documents, as Envoy needs them to start."""
        self.bootstrap.parent.mkdir(parents=True, exist_ok=True)
        self.route(self.routed)
        static = {"listeners": [self._listener()]}
        envoy.put(self.bootstrap, envoy.bootstrap(NAME, envoy.address(*self.admin), [self._cluster()], static=static))

    def route(self, routed: Mapping[str, float]) -> None:
        """Spread new connections over the regions' ALBs by these shares; what is missing to 1 is refused."""
        self.routed = dict(routed)
        weights = {self._layout.edge_link(region): round(share * _PARTS) for region, share in routed.items()}
        ways = [_way(host, self._layout.ports.http, weight) for host, weight in weights.items() if weight]
        if refused := round((1 - sum(routed.values())) * _PARTS):
            ways.append(_way(self._layout.accelerator, _DISCARD, refused))
        envoy.put_resources(self._endpoints, envoy.assignment(_CLUSTER, ways))

    def _listener(self) -> envoy.Document:
        proxy = envoy.typed(
            "extensions.filters.network.tcp_proxy.v3.TcpProxy",
            stat_prefix=NAME,
            cluster=_CLUSTER,
            idle_timeout=envoy.seconds(_IDLE_S),
        )
        return {
            "name": NAME,
            "address": envoy.address(self._layout.accelerator, self._layout.ports.http),
            "filter_chains": [{"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}],
        }

    def _cluster(self) -> envoy.Document:
        return {
            "name": _CLUSTER,
            "type": "EDS",
            "eds_cluster_config": {"eds_config": envoy.watched(self._endpoints)},
            "connect_timeout": envoy.seconds(_CONNECT_S),
            # Without the default's delay of a second, so that every change is followed at once.
            "common_lb_config": {"update_merge_window": "0s"},
        }


def _way(host: str, port: int, weight: int) -> envoy.Document:
    return {"endpoint": {"address": envoy.address(host, port)}, "load_balancing_weight": weight}
