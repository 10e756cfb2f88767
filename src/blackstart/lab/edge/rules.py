"""The accelerator's rules, as a pure function: dials, weights and health in, shares of new connections out.

Source: "How failover works for unhealthy endpoints" and "Use traffic dials to adjust traffic flow to Regions" in
AWS Global Accelerator's developer guide. All clients of a lab stand closest to the first group, the primary.

- A dial says how much of the traffic that reaches its group the group takes. What the closest group turns away goes
  to the other groups that are dialled in, by their dials (AWS's example: dials 50/50 serve every client in full).
  What every dial turns away is not routed; AWS does not document that case.
- Within a group, endpoints share by weight; an unhealthy endpoint or one of weight 0 gets nothing.
- A group without a healthy endpoint of weight above 0 hands its traffic to the closest group that has one, whatever
  that group's dial says.
- Nothing healthy with a weight within the closest group and the next three: fail open, to any endpoint of the closest
  group.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blackstart.outcome import UsageError

MOST_WEIGHT = 255
NEAREST = 4
"""The original group and the three that failover tries after it."""


@dataclass(frozen=True)
class Endpoint:
    """One load balancer behind the accelerator. ``weight``: 0 to 255, against its neighbours' in the group."""

    id: str
    region: str
    weight: int = 128

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= MOST_WEIGHT:
            raise UsageError(f"accelerator: weight of {self.id} is {self.weight}; give 0 to {MOST_WEIGHT}")


@dataclass(frozen=True)
class Group:
    """One region's endpoints. ``dial``: percent of the traffic that reaches the group which it takes."""

    region: str
    dial: float
    endpoints: tuple[Endpoint, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.dial <= 100:
            raise UsageError(f"accelerator: dial of {self.region} is {self.dial}; give 0 to 100")

    def usable(self, healthy: Collection[str]) -> tuple[Endpoint, ...]:
        """Return the endpoints that may get traffic in ordinary times."""
        return tuple(e for e in self.endpoints if e.weight > 0 and e.id in healthy)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Group":
        """Read ``{"region", "dial", "endpoints": [{"id", "region", "weight"}]}``; raises ``UsageError``."""
        try:
            region = str(data["region"])
            endpoints = [
                Endpoint(str(each["id"]), str(each.get("region", region)), int(each.get("weight", 128)))
                for each in data["endpoints"]
            ]
            return cls(region, float(data["dial"]), tuple(endpoints))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"accelerator: {data!r} is no endpoint group; give region, dial, endpoints") from error


def shares(groups: Sequence[Group], healthy: Collection[str]) -> dict[str, float]:
    """Return each endpoint's share of new connections, by id, 0 for who gets none.

    ``groups``: closest first. ``healthy``: ids of the healthy endpoints. The sum is 1, less what every dial turned
    away, or 0 where there is no endpoint at all.
    """
    routed = {endpoint.id: 0.0 for group in groups for endpoint in group.endpoints}
    for group, taken in zip(groups, _taken(groups), strict=True):
        for endpoint, share in _within(_receivers(group, groups, healthy)):
            routed[endpoint.id] += taken * share
    return routed


def _taken(groups: Sequence[Group]) -> list[float]:
    """Return what each group takes by its dial alone, before health is looked at."""
    if not groups:
        return []
    first, others = groups[0].dial / 100, [group.dial for group in groups[1:]]
    total = sum(others)
    return [first, *((1 - first) * dial / total if total else 0.0 for dial in others)]


def _receivers(group: Group, groups: Sequence[Group], healthy: Collection[str]) -> tuple[Endpoint, ...]:
    """Return who serves the traffic that the dials gave to ``group``."""
    others = [other for other in groups if other is not group]
    for candidate in [group, *others][:NEAREST]:
        if usable := candidate.usable(healthy):
            return usable
    return next((each.endpoints for each in groups if each.endpoints), ())


def _within(endpoints: Sequence[Endpoint]) -> list[tuple[Endpoint, float]]:
    """Share by weight; alike where all weights are 0, which only failing open makes happen."""
    total = sum(endpoint.weight for endpoint in endpoints)
    return [(e, e.weight / total if total else 1 / len(endpoints)) for e in endpoints]
