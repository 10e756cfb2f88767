"""What the lab can inject: the actions of a template, what each takes down, and how it is given back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from moto.elasticache.models import elasticache_backends

from blackstart.lab.aws.plant import Plant
from blackstart.lab.layout import ACCOUNT

POWERS = {"lab:region:power-off": "off", "lab:region:hang": "hung"}
"""The lab's own actions: what becomes of the region in their parameter ``region``."""
CACHE = "aws:elasticache:replicationgroup-interrupt-az-power"
CACHE_ROLE, CACHE_TYPE, ZONE = "ReplicationGroups", "aws:elasticache:replicationgroup", "availabilityZoneIdentifier"
WAIT = "aws:fis:wait"
ACTIONS = (*POWERS, CACHE, WAIT)
_DESCRIPTIONS = {
    "lab:region:power-off": "Kills every process of the region and cuts every link to it, until its duration is over",
    "lab:region:hang": "Stops every process of the region where it stands, until its duration is over",
    CACHE: "Kills the cache's nodes in one Availability Zone, which come back empty when its duration is over",
    WAIT: "Waits for its duration",
}


@dataclass(frozen=True)
class Fault:
    """What one action takes down: a region, or the cache in a region."""

    what: Literal["region", "cache"]
    region: str
    power: str

    @property
    def subject(self) -> tuple[str, str]:
        """Return what only one experiment at a time may hold."""
        return self.what, self.region

    def begin(self, plant: Plant) -> None:
        """Take it down. Raises ``PlantError``: it may be down all the same."""
        self._set(plant, self.power)

    def end(self, plant: Plant) -> None:
        """Give it back. Raises ``PlantError``."""
        self._set(plant, "on")

    def _set(self, plant: Plant, power: str) -> None:
        change = plant.power if self.what == "region" else plant.cache
        change(self.region, power)


def of(action: Mapping[str, Any], home: str) -> Fault | None:
    """Return the fault of a template's action, None for one that only waits. ``home``: the template's region."""
    kind = action["actionId"]
    if kind in POWERS:
        return Fault("region", action.get("parameters", {}).get("region", ""), POWERS[kind])
    # As on AWS, an experiment reaches what lies in its own region.
    return Fault("cache", home, "off") if kind == CACHE else None


def described(action: str) -> dict[str, Any]:
    """Return an action as ``ListActions`` and ``GetAction`` tell of it."""
    parameters = {"duration": {"description": "ISO 8601, such as PT15M", "required": True}}
    if action in POWERS:
        parameters["region"] = {"description": "The region to take down", "required": True}
    targets = {CACHE_ROLE: {"resourceType": CACHE_TYPE}} if action == CACHE else {}
    described = {"id": action, "description": _DESCRIPTIONS[action], "parameters": parameters}
    return {**described, "targets": targets, "tags": {}}


def cache_flaw(action: Mapping[str, Any], targets: Mapping[str, Any], home: str) -> str | None:
    """Return what is wrong with the target of an action on a cache, in words; None if it hits the region's cache."""
    target = targets.get((action.get("targets") or {}).get(CACHE_ROLE, ""))
    if target is None or target.get("resourceType") != CACHE_TYPE:
        return f"its target {CACHE_ROLE} must name a target of the template of type {CACHE_TYPE}"
    if target.get("resourceArns") or not target.get("resourceTags"):
        # AWS itself takes nothing else for this type.
        return f"a target of type {CACHE_TYPE} is chosen by resourceTags, not by resourceArns"
    if not _tagged(home, target["resourceTags"]):
        return f"no replication group in {home} has the tags {target['resourceTags']}"
    zone = (target.get("parameters") or {}).get(ZONE)
    return None if zone == f"{home}a" else f"{ZONE} must be {home}a, where the lab's cache has its node, not {zone}"


def _tagged(home: str, tags: Mapping[str, str]) -> bool:
    backend = elasticache_backends[ACCOUNT][home]
    return any(
        tags.items() <= backend.tagging_service.get_tag_dict_for_resource(group.arn).items()
        for group in backend.replication_groups.values()
    )
