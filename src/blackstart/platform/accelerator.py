"""Global Accelerator's endpoint groups, read and set."""

from dataclasses import dataclass

from botocore.exceptions import ClientError
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from blackstart.platform import aws
from blackstart.topology import Topology


@dataclass(frozen=True)
class EndpointGroup:
    """One region's endpoint group: its traffic dial in percent and its endpoints' health by ARN."""

    arn: str
    region: str
    dial: float
    health: dict[str, str]


def groups(topology: Topology) -> dict[str, EndpointGroup]:
    """Return the listener's endpoint groups by region."""
    client = aws.client(topology, "globalaccelerator", aws.GLOBAL_ACCELERATOR_REGION)
    found = client.list_endpoint_groups(ListenerArn=topology.accelerator.listener)["EndpointGroups"]
    return {
        group["EndpointGroupRegion"]: EndpointGroup(
            arn=group["EndpointGroupArn"],
            region=group["EndpointGroupRegion"],
            dial=float(group["TrafficDialPercentage"]),
            health={e["EndpointId"]: e.get("HealthState", "INITIAL") for e in group.get("EndpointDescriptions", [])},
        )
        for group in found
    }


def _in_progress(error: BaseException) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == "TransactionInProgressException"


@retry(retry=retry_if_exception(_in_progress), wait=wait_fixed(1), stop=stop_after_delay(60), reraise=True)
def set_dial(topology: Topology, group: str, percent: float) -> None:
    """Set one endpoint group's traffic dial. The service takes one change at a time: it is waited for."""
    client = aws.client(topology, "globalaccelerator", aws.GLOBAL_ACCELERATOR_REGION)
    client.update_endpoint_group(EndpointGroupArn=group, TrafficDialPercentage=percent)
