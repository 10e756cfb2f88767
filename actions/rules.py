"""Blocking by a load balancer's security group: its rules of one direction are revoked, recorded and put back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaoslib.exceptions import ActivityFailed

from blackstart.platform import entry, security_group
from blackstart.platform.security_group import Direction, Rules
from blackstart.platform.setting import Setting
from blackstart.safety.act import NotProvedError, act, eventually
from blackstart.safety.undo_log import FILE, Call, Intent, read


@dataclass(frozen=True)
class Block:
    """What is blocked: a region's load balancer in one direction; the actions' full names say it to the undo log."""

    region: str
    direction: Direction
    action: str
    inverse: str

    def subject(self, group: str) -> str:
        return f"{self.direction} rules of security group {group} in {self.region}"


def block(here: Setting, what: Block, bites: Callable[[Setting, str], str]) -> dict[str, Any]:
    """Revoke the rules and prove by ``bites`` that this is felt. Fails when nothing could be seen to bite."""
    before = security_group.rules(here.topology, what.region, what.direction)
    if not before:
        raise ActivityFailed(f"nothing was injected: {what.region}'s load balancer has no {what.direction} rules")
    already = entry.fault_at(here.topology, what.region)
    if already is not None:
        raise ActivityFailed(f"nothing was injected: it could not be seen to bite, {already} already before the fault")

    def call() -> None:
        security_group.revoke(here.topology, what.region, what.direction, before)

    def bit() -> str:
        _are(here, what, [])
        return f"no {what.direction} rule is left, and {bites(here, what.region)}"

    return act(here, _intent(here, what, before), call, lambda: eventually(here, bit))


def unblock(here: Setting, what: Block) -> dict[str, Any]:
    """Put back the rules that this run revoked, as its undo log has them."""
    wanted = _revoked(here, what)
    if wanted is None:
        return {"evidence": f"this run has revoked no {what.direction} rules in {what.region}: nothing to put back"}
    group = here.topology.regions[what.region].alb.security_group
    intent = Intent(
        call=Call(what.inverse, {"region": what.region}),
        subject=what.subject(group),
        target=f"{what.subject(group)}: put back",
        kind="revertible",
        role="undo",
        layer="fault",
        before={},
        inverse=None,
    )

    def call() -> None:
        there = security_group.rules(here.topology, what.region, what.direction)
        missing = [rule for rule in wanted if rule not in there]
        if missing:
            security_group.authorize(here.topology, what.region, what.direction, missing)

    return act(here, intent, call, lambda: eventually(here, lambda: _are(here, what, wanted)))


def _intent(here: Setting, what: Block, before: Rules) -> Intent:
    group = here.topology.regions[what.region].alb.security_group
    return Intent(
        call=Call(what.action, {"region": what.region}),
        subject=what.subject(group),
        target=f"{what.subject(group)}: revoked",
        kind="revertible",
        role="fault",
        layer="fault",
        before={"permissions": before},
        inverse=Call(what.inverse, {"region": what.region}),
    )


def _revoked(here: Setting, what: Block) -> Rules | None:
    for done in read(here.run_dir / FILE):
        if done.open and done.intent.call == Call(what.action, {"region": what.region}):
            return list(done.intent.before["permissions"])
    return None


def _are(here: Setting, what: Block, wanted: Rules) -> str:
    there = security_group.rules(here.topology, what.region, what.direction)
    if len(there) != len(wanted) or any(rule not in there for rule in wanted):
        raise NotProvedError(f"{what.region}'s load balancer has {len(there)} {what.direction} rules: {there}")
    return f"the {what.direction} rules are as they were: {len(there)}"
