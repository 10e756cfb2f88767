"""Endpoint groups: what a call may set in them, and how they are described with their endpoints' health."""

from typing import Any

from moto.elbv2.models import elbv2_backends

from blackstart.lab.aws.accelerator import faults
from blackstart.lab.aws.accelerator.models import EndpointGroup, Listener, new_id
from blackstart.lab.aws.context import current
from blackstart.lab.layout import ACCOUNT

Health = dict[str, tuple[str, str | None]]
"""Load balancer ARN → health state and its reason."""
MAX_DIAL = 100.0
MAX_WEIGHT = 255
DEFAULT_WEIGHT = 128
_SETTINGS = {
    "HealthCheckPort": ("health_check_port", int),
    "HealthCheckProtocol": ("health_check_protocol", str),
    "HealthCheckPath": ("health_check_path", str),
    "HealthCheckIntervalSeconds": ("health_check_interval_seconds", int),
    "ThresholdCount": ("threshold_count", int),
}


def create(listener: Listener, parameters: dict[str, Any]) -> EndpointGroup:
    """Add an endpoint group to a listener, one a region."""
    region = parameters["EndpointGroupRegion"]
    if region not in current().layout.regions:
        raise faults.InvalidArgument(f"{region} is no region of the lab")
    if any(group.endpoint_group_region == region for group in listener.groups.values()):
        raise faults.EndpointGroupAlreadyExists
    arn = f"{listener.listener_arn}/endpoint-group/{new_id()}"
    group = EndpointGroup(arn, region, health_check_port=listener.port_ranges[0]["FromPort"])
    update(group, parameters)
    listener.groups[arn] = group
    return group


def update(group: EndpointGroup, parameters: dict[str, Any]) -> None:
    """Set what the parameters name and nothing else; endpoints that are given replace those that were there."""
    if parameters.get("PortOverrides"):
        raise faults.InvalidArgument("The lab's accelerator has no port overrides")
    endpoints = _endpoints(group.endpoint_group_region, parameters.get("EndpointConfigurations", []))
    dial = float(parameters.get("TrafficDialPercentage", group.traffic_dial_percentage))
    if not 0 <= dial <= MAX_DIAL:
        raise faults.InvalidArgument(f"TrafficDialPercentage must be between 0 and 100, not {dial}")
    group.traffic_dial_percentage = dial
    if "EndpointConfigurations" in parameters:
        group.endpoints = endpoints
    for name, (attribute, kind) in _SETTINGS.items():
        if name in parameters:
            setattr(group, attribute, kind(parameters[name]))


def add(group: EndpointGroup, configurations: list[dict[str, Any]]) -> set[str]:
    """Add endpoints; return their ids."""
    endpoints = _endpoints(group.endpoint_group_region, configurations)
    if endpoints.keys() & group.endpoints.keys():
        raise faults.EndpointAlreadyExists
    group.endpoints.update(endpoints)
    return set(endpoints)


def remove(group: EndpointGroup, ids: list[str]) -> None:
    """Remove endpoints."""
    if not group.endpoints.keys() >= set(ids):
        raise faults.EndpointNotFound
    for endpoint in ids:
        del group.endpoints[endpoint]


def health() -> Health:
    """Read the endpoints' health from the plant."""
    found = current().plant.accelerator().get("groups", [])
    endpoints = (endpoint for group in found for endpoint in group["endpoints"])
    return {endpoint["id"]: (endpoint.get("health", "INITIAL"), endpoint.get("reason")) for endpoint in endpoints}


def described(group: EndpointGroup, health_by_id: Health) -> dict[str, Any]:
    """Return the group as the API describes it."""
    descriptions = []
    for arn, endpoint in group.endpoints.items():
        state, reason = health_by_id.get(arn, ("INITIAL", None))
        descriptions.append(endpoint | {"HealthState": state} | ({"HealthReason": reason} if reason else {}))
    settings = {name: getattr(group, attribute) for name, (attribute, _) in _SETTINGS.items()}
    return settings | {
        "EndpointGroupArn": group.endpoint_group_arn,
        "EndpointGroupRegion": group.endpoint_group_region,
        "TrafficDialPercentage": group.traffic_dial_percentage,
        "EndpointDescriptions": descriptions,
    }


def _endpoints(region: str, configurations: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {configuration["EndpointId"]: _endpoint(region, configuration) for configuration in configurations}


def _endpoint(region: str, configuration: dict[str, Any]) -> dict[str, Any]:
    arn = str(configuration["EndpointId"])
    if not _is_balancer(arn, region):
        raise faults.InvalidArgument(f"{arn} is no application load balancer in {region}")
    weight = int(configuration.get("Weight", DEFAULT_WEIGHT))
    if not 0 <= weight <= MAX_WEIGHT:
        raise faults.InvalidArgument(f"Weight must be between 0 and 255, not {weight}")
    preserved = bool(configuration.get("ClientIPPreservationEnabled", True))
    return {"EndpointId": arn, "Weight": weight, "ClientIPPreservationEnabled": preserved}


def _is_balancer(arn: str, region: str) -> bool:

    return region in elbv2_backends[ACCOUNT] and arn in elbv2_backends[ACCOUNT][region].load_balancers
