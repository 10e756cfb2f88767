"""The edge as the plant drives it: ALBs, their targets, and the accelerator that routes by the targets' health."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from blackstart.lab import perpetual
from blackstart.lab.edge import accelerator as accelerators
from blackstart.lab.edge.accelerator import Accelerator
from blackstart.lab.edge.alb import Alb
from blackstart.lab.edge.balancer import Balancer
from blackstart.lab.edge.black_hole import BlackHole
from blackstart.lab.edge.reaction import Reaction
from blackstart.lab.edge.registration import Cluster, Registration
from blackstart.lab.edge.rules import Endpoint, Group, shares
from blackstart.lab.layout import Layout
from blackstart.lab.specification import Specification
from blackstart.outcome import BlackstartError, UsageError

_START_S = 15.0
_LOOK_S = 0.01


class EdgeError(BlackstartError):
    """An Envoy of the edge did not come up."""


class Starter(Protocol):
    """What the edge needs of the lab's processes."""

    async def start(self, name: str, argv: list[str], *, group: str) -> object:
        """Start a process that dies with the lab."""

    def alive(self, name: str) -> bool:
        """Return whether that process runs."""


class Edge:
    """The edge of one lab.

    ``state``: the lab's folder, of which ``edge/`` is used. ``clusters``: each region's Kubernetes API as seen from
    inside that region; a region without one gets no targets. All setters take effect in milliseconds.
    """

    def __init__(
        self,
        layout: Layout,
        specification: Specification,
        processes: Starter,
        state: Path,
        clusters: Mapping[str, Cluster],
    ) -> None:
        self._layout = layout
        self._timing = specification.timings
        self._processes = processes
        self._folder = state / "edge"
        self._holes = {region: BlackHole(layout.alb_admin(region)) for region in layout.regions}
        self._accelerator = Accelerator(layout, self._folder / accelerators.NAME)
        self._balancers = {region: self._balancer(region, clusters.get(region)) for region in layout.regions}
        self._groups: tuple[Group, ...] = ()
        self._enabled = True
        self._reaction = Reaction(self._timing.accelerator_delay_s)
        self._healthy: frozenset[str] = frozenset()

    def _balancer(self, region: str, cluster: Cluster | None) -> Balancer:
        alb = Alb(self._layout, region, self._timing, self._folder / region, self._holes[region].address)
        balancer = Balancer(alb, None, self._timing.alb_health_interval_s, self._timing.alb_unhealthy_count)
        if cluster is not None:
            balancer.registration = Registration(cluster, self._layout.ports.http, balancer.register)
        return balancer

    async def start(self) -> None:
        """Start the accelerator; return when it accepts connections. Raises ``EdgeError``."""
        self._accelerator.write()
        await self._processes.start(accelerators.NAME, self._accelerator.argv, group="global")
        await self._until_ready(accelerators.NAME, (self._layout.accelerator, self._layout.ports.http))

    async def start_alb(self, region: str) -> None:
        """Start the region's ALB, also again after its region was lost; return when it accepts connections.

        It comes up with the rules and targets it had, and the targets are read anew. Raises ``EdgeError``.
        """
        balancer = self._balancers[region]
        balancer.alb.write()
        await self._processes.start(balancer.alb.name, balancer.alb.argv, group=region)
        await self._until_ready(balancer.alb.name, balancer.alb.admin)
        if balancer.registration is not None:
            balancer.registration.again()

    async def _until_ready(self, name: str, address: tuple[str, int]) -> None:
        deadline = asyncio.get_running_loop().time() + _START_S
        while not await _accepts(address):
            if not self._processes.alive(name) or asyncio.get_running_loop().time() > deadline:
                raise EdgeError(
                    f"{name} does not come up at {address[0]}:{address[1]}; read its log in the lab's logs/"
                )
            await asyncio.sleep(_LOOK_S)

    async def run(self) -> None:
        """Register pods, look at health and route, until cancelled. May run before any Envoy does.

        Each goes on by itself: what one stumbles over stops neither it nor the others for long.
        """
        # A new connection each time: one to an Envoy that was killed and started again would be dead.
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as tasks:
            for balancer in self._balancers.values():
                name, look = balancer.alb.name, partial(balancer.look, session, self._route)
                tasks.create_task(perpetual.going(f"health of {name}", look))
                if balancer.registration is not None:
                    tasks.create_task(perpetual.going(f"registration at {name}", balancer.registration.run))

    def set_ingress(self, region: str, allowed: list[str]) -> None:
        """Let these CIDRs open connections to the region's ALB; live connections go on. Raises ``UsageError``."""
        self._of(region).alb.allow(allowed)

    def set_path(self, region: str, is_open: bool) -> None:
        """Open or close the ALB's way to the pods. Raises ``UsageError``."""
        self._of(region).alb.set_path(is_open)

    def set_accelerator(self, document: Mapping[str, Any]) -> None:
        """Replace the accelerator: ``{"groups": [...], "enabled": bool}``. New connections follow at once.

        Raises ``UsageError`` for what is no group, a region that this lab lacks, or an id that is there twice.
        """
        groups = [Group.from_json(each) for each in document["groups"]]
        endpoints = [endpoint for group in groups for endpoint in group.endpoints]
        for region in [group.region for group in groups] + [endpoint.region for endpoint in endpoints]:
            self._of(region)
        if len({endpoint.id for endpoint in endpoints}) < len(endpoints):
            raise UsageError("accelerator: an endpoint id is there twice")
        self._groups = tuple(sorted(groups, key=lambda group: self._layout.view(group.region)))
        self._enabled = bool(document.get("enabled", True))
        self._route()

    def describe_accelerator(self) -> dict[str, Any]:
        """Return the groups with their endpoints' health, and the share of new connections a region."""
        groups = [
            {
                "region": group.region,
                "dial": group.dial,
                "endpoints": [self._describe(endpoint) for endpoint in group.endpoints],
            }
            for group in self._groups
        ]
        return {"groups": groups, "enabled": self._enabled, "routed": dict(self._accelerator.routed)}

    def _describe(self, endpoint: Endpoint) -> dict[str, Any]:
        """Describe one endpoint; its health is what the accelerator goes by, so it is late by the reaction time."""
        balancer = self._balancers[endpoint.region]
        health = "HEALTHY" if endpoint.id in self._healthy else "UNHEALTHY" if balancer.looked_at else "INITIAL"
        reason = "" if health == "HEALTHY" else balancer.reason()
        return {"id": endpoint.id, "weight": endpoint.weight, "health": health, "reason": reason}

    def targets(self, region: str) -> list[dict[str, Any]]:
        """Return the region's targets: address, port, state, reason. Raises ``UsageError``."""
        return [target.as_json() for target in self._of(region).targets()]

    def snapshot(self) -> dict[str, Any]:
        """Return what a drill may change here, normalised: dials, weights and security groups, by region."""
        return {
            "dials": {group.region: group.dial for group in self._groups},
            "weights": {e.region: e.weight for group in self._groups for e in group.endpoints},
            "security_groups": {
                region: {"alb": list(balancer.alb.allowed), "pods_open": balancer.alb.path_open}
                for region, balancer in self._balancers.items()
            },
        }

    def _of(self, region: str) -> Balancer:
        if region not in self._balancers:
            raise UsageError(f"edge: no region {region!r} in this lab; it has {', '.join(self._balancers)}")
        return self._balancers[region]

    def _route(self) -> None:
        """Apply the accelerator's rules to what is known now; tell the accelerator only what changed."""
        endpoints = [endpoint for group in self._groups for endpoint in group.endpoints]
        seen = {e.id: b.healthy() for e in endpoints if (b := self._balancers[e.region]).looked_at}
        self._healthy = self._reaction.healthy(seen, asyncio.get_running_loop().time())
        routed = dict.fromkeys(self._layout.regions, 0.0)
        by_id = shares(self._groups, self._healthy) if self._enabled else {}
        for endpoint in endpoints:
            routed[endpoint.region] += by_id.get(endpoint.id, 0.0)
        if routed != self._accelerator.routed:
            self._accelerator.route(routed)


async def _accepts(address: tuple[str, int]) -> bool:
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(*address)
    except OSError:
        return False
    writer.close()
    return True
