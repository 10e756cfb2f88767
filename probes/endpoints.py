"""What the accelerator does while no target is healthy: the health it tells, and who answers meanwhile."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import requests
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration

from blackstart.platform import accelerator
from blackstart.platform.setting import Setting, setting

__all__ = ["endpoint_changes"]

POLL_S = 0.1
UNHEALTHY = "UNHEALTHY"
TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Look:
    """One look: each region's endpoint health, and what the accelerator and each ALB past it answered.

    ``answered_by`` is the region that gave a good answer through the accelerator, if any.
    """

    began_ns: int
    told_ns: int
    health: dict[str, str]
    accelerator: str
    answered_by: str | None
    albs: dict[str, str]

    def same(self, other: "Look | None") -> bool:
        """Tell whether another look saw the same."""
        return other is not None and replace(other, began_ns=self.began_ns, told_ns=self.told_ns) == self

    def as_json(self, zero_ns: int) -> dict[str, Any]:
        after_s = round((self.told_ns - zero_ns) / 1e9, 3)
        return {"after_s": after_s, "health": self.health, "accelerator": self.accelerator, "albs": self.albs}


def endpoint_changes(
    region: str = "primary", within_s: float | None = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Watch the endpoint groups until the region's endpoint is healthy and serves; return each change that was seen.

    Each look holds ``after_s`` (seconds since the watch began), the health by the service's endpoint groups, and the
    answers of the accelerator and of each load balancer past it. ``unhealthy`` says whether the service ever told so
    of the region; ``failed_open_to`` names the region that was seen to answer while no endpoint was healthy. The first
    look that finds the region unhealthy is the phase ``detected``. It fails when the region does not serve in time.

    :param region: whose endpoint is watched: ``primary``, ``standby`` or a region's name
    :param within_s: for how long at most; the topology's patience by default
    """
    here = setting(configuration)
    name = here.topology.region_named(region)
    watch = _watch(here, name, here.topology.patience if within_s is None else within_s)
    open_to = [look.answered_by for look in watch if look.answered_by and "HEALTHY" not in look.health.values()]
    told = {
        "unhealthy": any(look.health.get(name) == UNHEALTHY for look in watch),
        "failed_open_to": open_to[0] if open_to else None,
        "looks": [look.as_json(watch[0].began_ns) for look in _changes(watch)],
    }
    return {**told, "phase": _phase(watch, name)} if told["unhealthy"] else told


def _watch(here: Setting, region: str, within_s: float) -> list[Look]:
    limit = here.clock.now_ns() + int(within_s * 1e9)
    watch = [_look(here)]
    while watch[-1].health.get(region) != "HEALTHY" or watch[-1].answered_by != region:
        last = watch[-1]
        if here.clock.now_ns() > limit:
            raise ActivityFailed(
                f"{region} does not serve: its endpoint is {last.health.get(region)}, the accelerator's answer is "
                f"{last.accelerator}"
            )
        here.clock.sleep(POLL_S)
        watch.append(_look(here))
    return watch


def _changes(watch: list[Look]) -> list[Look]:
    return [look for before, look in pairwise([None, *watch]) if look is not None and not look.same(before)]


def _phase(watch: list[Look], region: str) -> dict[str, Any]:
    """Return when the service first told that the region's endpoint is unhealthy: between two looks."""
    number = next(i for i, look in enumerate(watch) if look.health.get(region) == UNHEALTHY)
    look = watch[number]
    return {
        "name": "detected",
        "earliest": watch[max(0, number - 1)].began_ns,
        "at": look.told_ns,
        "latest": look.told_ns,
        "source": f"Global Accelerator: the endpoint of {region} is {UNHEALTHY}",
    }


def _look(here: Setting) -> Look:
    topology = here.topology
    began = here.clock.now_ns()
    health = {name: _worst(group.health) for name, group in accelerator.groups(topology).items()}
    told = here.clock.now_ns()
    answer, region = _answer(here, topology.accelerator.url)
    albs = {name: _answer(here, region.alb.url)[0] for name, region in topology.regions.items()}
    return Look(began, told, health, answer, region, albs)


def _worst(health: dict[str, str]) -> str:
    """Return the group's health: healthy with one healthy endpoint, else what the service says of the others."""
    states = sorted(health.values())
    return "HEALTHY" if "HEALTHY" in states else states[-1] if states else "NO ENDPOINT"


def _answer(here: Setting, url: str) -> tuple[str, str | None]:
    """Return the answer in words, and the region that gave it, if it is a good one."""
    orders = here.topology.orders
    try:
        answer = requests.get(url + orders.read.path, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})", None
    named = answer.headers.get(orders.served_by_header)
    if answer.status_code not in orders.read.status:
        return str(answer.status_code), None
    return f"{answer.status_code} from {named or 'nobody named'}", named
