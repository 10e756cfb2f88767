"""The operations of Global Accelerator, answered from our state and the health that the edge sees."""

from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult, PaginatedResult
from moto.core.utils import utcnow

from blackstart.lab.aws.accelerator import faults, groups
from blackstart.lab.aws.accelerator.models import (
    HOME,
    REGION,
    Accelerator,
    AcceleratorBackend,
    EndpointGroup,
    Listener,
    backend,
    new_id,
)
from blackstart.lab.aws.context import current


class AcceleratorResponse(BaseResponse):
    """One call to Global Accelerator."""

    def __init__(self) -> None:
        super().__init__(service_name="globalaccelerator")
        self.automated_parameter_parsing = True
        self.params: dict[str, Any] = {}

    @property
    def backend(self) -> AcceleratorBackend:
        return backend()

    def call_action(self) -> Any:
        """Answer, but only in the one region where the service lives."""
        if self.region != REGION:
            return self.serialized(ActionResult(faults.InvalidSignature()))
        return super().call_action()

    # Accelerators.
    def create_accelerator(self) -> ActionResult:
        if self.backend.accelerators:
            raise faults.LimitExceeded
        layout = current().layout
        addresses = [layout.accelerator]
        accelerator = Accelerator(
            f"{HOME}/{new_id(8)}-{new_id(4)}-{new_id(4)}-{new_id(4)}-{new_id(12)}",
            self.params["Name"],
            [{"IpFamily": "IPv4", "IpAddressFamily": "IPv4", "IpAddresses": addresses}],
            layout.accelerator_name,
            bool(self.params.get("Enabled", True)),
        )
        self.backend.accelerators[accelerator.accelerator_arn] = accelerator
        self.backend.tag_resource(accelerator.accelerator_arn, _tags(self.params.get("Tags", [])))
        return ActionResult({"Accelerator": accelerator})

    def describe_accelerator(self) -> ActionResult:
        return ActionResult({"Accelerator": self._accelerator()})

    def list_accelerators(self) -> ActionResult:
        return PaginatedResult({"Accelerators": list(self.backend.accelerators.values())})

    def update_accelerator(self) -> ActionResult:
        accelerator = self._accelerator()
        accelerator.name = self.params.get("Name", accelerator.name)
        accelerator.enabled = bool(self.params.get("Enabled", accelerator.enabled))
        accelerator.last_modified_time = utcnow()
        return ActionResult({"Accelerator": accelerator})

    def delete_accelerator(self) -> ActionResult:
        accelerator = self._accelerator()
        if accelerator.enabled:
            raise faults.AcceleratorNotDisabled
        if accelerator.listeners:
            raise faults.AssociatedListenerFound
        del self.backend.accelerators[accelerator.accelerator_arn]
        return EmptyResult()

    def describe_accelerator_attributes(self) -> ActionResult:
        self._accelerator()
        return ActionResult({"AcceleratorAttributes": {"FlowLogsEnabled": False}})

    # Listeners.
    def create_listener(self) -> ActionResult:
        accelerator = self._accelerator()
        if accelerator.listeners:
            raise faults.LimitExceeded
        port = current().layout.ports.http
        ranges = [{"FromPort": int(r["FromPort"]), "ToPort": int(r["ToPort"])} for r in self.params["PortRanges"]]
        if ranges != [{"FromPort": port, "ToPort": port}]:
            raise faults.InvalidPortRange(f"The lab's accelerator listens on port {port} and on no other")
        arn = f"{accelerator.accelerator_arn}/listener/{new_id(8)}"
        affinity = self.params.get("ClientAffinity", "NONE")
        listener = Listener(arn, ranges, self.params.get("Protocol", "TCP"), affinity)
        accelerator.listeners[arn] = listener
        return ActionResult({"Listener": listener})

    def describe_listener(self) -> ActionResult:
        return ActionResult({"Listener": self._listener()[1]})

    def list_listeners(self) -> ActionResult:
        return PaginatedResult({"Listeners": list(self._accelerator().listeners.values())})

    def delete_listener(self) -> ActionResult:
        accelerator, listener = self._listener()
        if listener.groups:
            raise faults.AssociatedEndpointGroupFound
        del accelerator.listeners[listener.listener_arn]
        return EmptyResult()

    # Endpoint groups.
    def create_endpoint_group(self) -> ActionResult:
        group = groups.create(self._listener()[1], self.params)
        return self._group_result(group)

    def describe_endpoint_group(self) -> ActionResult:
        return self._group_result(self._group()[1])

    def list_endpoint_groups(self) -> ActionResult:
        health = groups.health()
        found = [groups.described(group, health) for group in self._listener()[1].groups.values()]
        return PaginatedResult({"EndpointGroups": found})

    def update_endpoint_group(self) -> ActionResult:
        _, group = self._group()
        groups.update(group, self.params)
        return self._group_result(group)

    def delete_endpoint_group(self) -> ActionResult:
        listener, group = self._group()
        del listener.groups[group.endpoint_group_arn]
        return EmptyResult()

    def add_endpoints(self) -> ActionResult:
        _, group = self._group()
        added = groups.add(group, self.params["EndpointConfigurations"])
        described = groups.described(group, {})["EndpointDescriptions"]
        descriptions = [endpoint for endpoint in described if endpoint["EndpointId"] in added]
        return ActionResult({"EndpointDescriptions": descriptions, "EndpointGroupArn": group.endpoint_group_arn})

    def remove_endpoints(self) -> ActionResult:
        _, group = self._group()
        groups.remove(group, [identifier["EndpointId"] for identifier in self.params["EndpointIdentifiers"]])
        return EmptyResult()

    # Tags.
    def list_tags_for_resource(self) -> ActionResult:
        tags = self.backend.tags.get(self._tagged(), {})
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> ActionResult:
        self.backend.tag_resource(self._tagged(), _tags(self.params["Tags"]))
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        self.backend.untag_resource(self._tagged(), self.params["TagKeys"])
        return EmptyResult()

    # What the parameters name.
    def _tagged(self) -> str:
        arn = str(self.params["ResourceArn"])
        if arn not in self.backend.accelerators:
            raise faults.AcceleratorNotFound
        return arn

    def _accelerator(self) -> Accelerator:
        accelerator = self.backend.accelerators.get(self.params["AcceleratorArn"])
        if accelerator is None:
            raise faults.AcceleratorNotFound
        return accelerator

    def _listener(self) -> tuple[Accelerator, Listener]:
        for accelerator, listener in self.backend.listeners():
            if listener.listener_arn == self.params["ListenerArn"]:
                return accelerator, listener
        raise faults.ListenerNotFound

    def _group(self) -> tuple[Listener, EndpointGroup]:
        for listener, group in self.backend.groups():
            if group.endpoint_group_arn == self.params["EndpointGroupArn"]:
                return listener, group
        raise faults.EndpointGroupNotFound

    def _group_result(self, group: EndpointGroup) -> ActionResult:
        return ActionResult({"EndpointGroup": groups.described(group, groups.health())})


def _tags(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
