"""The control plane's state of Global Accelerator, and how it is sent to the plant."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import BaseModel
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from blackstart.lab.aws.context import Context
from blackstart.lab.layout import ACCOUNT

REGION = "us-west-2"
"""Where the control plane of Global Accelerator lives."""
HOME = f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator"
_sending = threading.Lock()


@dataclass
class EndpointGroup(BaseModel):
    """The endpoints of one region. ``dial`` is the share, in percent, of the traffic bound for it that it takes."""

    endpoint_group_arn: str
    endpoint_group_region: str
    traffic_dial_percentage: float = 100.0
    health_check_port: int = 80
    health_check_protocol: str = "TCP"
    health_check_path: str = "/"
    health_check_interval_seconds: int = 30
    threshold_count: int = 3
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Load balancer ARN → EndpointId, Weight, ClientIPPreservationEnabled."""


@dataclass
class Listener(BaseModel):
    """What the accelerator listens on."""

    listener_arn: str
    port_ranges: list[dict[str, int]]
    protocol: str = "TCP"
    client_affinity: str = "NONE"
    groups: dict[str, EndpointGroup] = field(default_factory=dict)


@dataclass
class Accelerator(BaseModel):
    """One accelerator: one name and address in front of all regions."""

    accelerator_arn: str
    name: str
    ip_sets: list[dict[str, Any]]
    dns_name: str
    enabled: bool = True
    ip_address_type: str = "IPV4"
    status: str = "DEPLOYED"
    created_time: datetime = field(default_factory=utcnow)
    last_modified_time: datetime = field(default_factory=utcnow)
    listeners: dict[str, Listener] = field(default_factory=dict)


class AcceleratorBackend(BaseBackend, TaggableResourcesMixin):
    """The accelerators of the account."""

    SERVICE_NAMESPACE = "globalaccelerator"

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.accelerators: dict[str, Accelerator] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for arn in list(self.accelerators):
            yield TaggedResource(arn, self.tags.get(arn, {}), "globalaccelerator:accelerator")

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        self.tags.setdefault(arn, {}).update(tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        for key in tag_keys:
            self.tags.get(arn, {}).pop(key, None)

    def listeners(self) -> Iterator[tuple[Accelerator, Listener]]:
        for accelerator in list(self.accelerators.values()):
            for listener in list(accelerator.listeners.values()):
                yield accelerator, listener

    def groups(self) -> Iterator[tuple[Listener, EndpointGroup]]:
        for _, listener in self.listeners():
            for group in list(listener.groups.values()):
                yield listener, group


accelerator_backends = BackendDict(
    AcceleratorBackend, "globalaccelerator", use_boto3_regions=False, additional_regions=[REGION]
)


def backend() -> AcceleratorBackend:
    """Return the lab's accelerators."""
    return accelerator_backends[ACCOUNT][REGION]


def new_id(length: int = 12) -> str:
    """Return a new hexadecimal identifier."""
    return str(mock_random.get_random_hex(length))


def send(context: Context) -> None:
    """Send endpoint groups, dials and weights to the plant."""
    with _sending:
        groups = [_sent(group) for _, group in backend().groups()]
        enabled = any(accelerator.enabled for accelerator in backend().accelerators.values())
        context.plant.set_accelerator(groups, enabled=enabled)


def _sent(group: EndpointGroup) -> dict[str, Any]:
    endpoints = [
        {"id": arn, "region": arn.split(":")[3], "weight": endpoint["Weight"]}
        for arn, endpoint in group.endpoints.items()
    ]
    return {"region": group.endpoint_group_region, "dial": group.traffic_dial_percentage, "endpoints": endpoints}
