"""One region's load balancer at work: its ALB, who is registered, and what the ALB's checks found."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

from blackstart.lab.edge.alb import Alb
from blackstart.lab.edge.registration import Registration
from blackstart.lab.edge.targets import Address, Target, health, targets

POLL_S = 0.2
"""How often the ALB is asked for the health of its targets."""
_PATIENCE_S = 1.0
_DRAINING_CHECKS = 10
_INITIAL = ("initial", "Elb.InitialHealthChecking")


class Balancer:
    """Registers pods with the ALB and knows the targets' health; ``looked`` is called after every look at it."""

    def __init__(self, alb: Alb, registration: "Registration | None", interval_s: float, unhealthy_count: int) -> None:
        self.alb = alb
        self.registration = registration
        self.looked_at = False
        """Whether the ALB's targets were looked at since this lab started."""
        self._deregistration_s = _DRAINING_CHECKS * interval_s
        self._first_checks_s = interval_s * unhealthy_count
        self._draining: dict[Address, float] = {}
        self._initial: dict[Address, float] = {}
        self._seen: dict[Address, tuple[str, str]] | None = None

    def register(self, addresses: frozenset[Address]) -> None:
        """Make these the targets. Who leaves gets no new request, and is draining for a while."""
        known = set(self.alb.registered)
        if addresses == known:
            return
        now = asyncio.get_running_loop().time()
        self._draining.update(dict.fromkeys(known - addresses, now + self._deregistration_s))
        self._initial.update(dict.fromkeys(addresses - known, now + self._first_checks_s))
        for address in addresses:
            self._draining.pop(address, None)
        self.alb.register(addresses)

    def targets(self) -> tuple[Target, ...]:
        return targets(self.alb.registered, self._draining, self._seen)

    def healthy(self) -> bool:
        """Return whether ELB has a healthy target here, which is what the accelerator goes by."""
        return any(target.state == "healthy" for target in self.targets())

    def reason(self) -> str:
        """Say why there is no healthy target; empty when there is one."""
        if self.healthy():
            return ""
        if self._seen is None:
            return "the load balancer does not answer"
        return "no healthy target" if self.alb.registered else "no registered target"

    async def look(self, session: aiohttp.ClientSession, looked: Callable[[], Any]) -> None:
        """Ask for health again and again, until cancelled."""
        while True:
            self._seen = await self._ask(session)
            self.looked_at = True
            self._age()
            looked()
            await asyncio.sleep(POLL_S)

    async def _ask(self, session: aiohttp.ClientSession) -> dict[Address, tuple[str, str]] | None:
        """Return None when the ALB does not answer: its process is dead or hangs."""
        host, port = self.alb.admin
        try:
            async with (
                asyncio.timeout(_PATIENCE_S),
                session.get(f"http://{host}:{port}/clusters?format=json") as answer,
            ):
                return health(await answer.json(content_type=None))
        except (aiohttp.ClientError, OSError, ValueError, KeyError):
            return None

    def _age(self) -> None:
        """End what is over by now. For Envoy a target fails until its first check; for ELB it is initial."""
        now, seen = asyncio.get_running_loop().time(), self._seen or {}
        self._draining = {address: ends for address, ends in self._draining.items() if ends > now}
        self._initial = {
            address: ends
            for address, ends in self._initial.items()
            if ends > now and address in self.alb.registered and seen.get(address, _INITIAL)[0] != "healthy"
        }
        for address in self._initial.keys() & seen.keys():
            seen[address] = _INITIAL
