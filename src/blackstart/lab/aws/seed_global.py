"""What belongs to no region: role, secret, private zone, accelerator."""

import json
from typing import Any

from moto.iam.models import iam_backends
from moto.route53.models import route53_backends
from moto.secretsmanager.models import secretsmanager_backends

from blackstart.lab.aws.accelerator import models
from blackstart.lab.aws.accelerator.groups import DEFAULT_WEIGHT
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.tagging import TAG_LIST, TAGS
from blackstart.lab.layout import ACCOUNT, READER_NAME, SYSTEM, WRITER_NAME, ZONE

ROLE = "blackstart-drill"
SECRET = f"{SYSTEM}/database"


def role() -> str:
    """Build the role that a drill may assume; return its ARN."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": ["fis.amazonaws.com", "eks.amazonaws.com"]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend = iam_backends[ACCOUNT]["aws"]
    return str(backend.create_role(ROLE, trust, "/", None, "Runs disaster recovery drills", TAG_LIST, "3600").arn)


def secret(context: Context) -> str:
    """Build the database's secret in the primary, with a replica in every other region; return its name."""
    primary, *others = context.layout.regions
    value = json.dumps({"username": SYSTEM, "password": context.configuration.database_password})
    secretsmanager_backends[ACCOUNT][primary].create_secret(
        SECRET,
        value,
        None,
        "The shop's account at its database",
        TAG_LIST,
        None,
        None,
        [{"Region": region} for region in others],
        force_overwrite=False,
    )
    return SECRET


def zone(context: Context, regions: dict[str, Any]) -> str:
    """Build the private zone with the writer's and the reader's names; return its id."""
    backend = route53_backends[ACCOUNT]["aws"]
    primary, *others = context.layout.regions
    hosted = backend.create_hosted_zone(
        f"{ZONE}.", private_zone=True, vpcid=regions[primary]["vpc"], vpcregion=primary, comment="The shop's own names"
    )
    for record in hosted.rrsets:  # moto keeps the SOA's value as it would be sent
        record.records = [value["Value"] if isinstance(value, dict) else value for value in record.records]
    for region in others:
        hosted.add_vpc(regions[region]["vpc"], region)
    names = {
        WRITER_NAME: context.layout.cluster_endpoint(primary),
        READER_NAME: context.layout.reader_endpoint(primary),
    }
    ttl_s = context.configuration.specification.timings.record_ttl_s
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": _record(name, value, ttl_s),
        }
        for name, value in names.items()
    ]
    backend.change_resource_record_sets(hosted.resource_id, changes)
    backend.change_tags_for_resource("hostedzone", hosted.resource_id, TAG_LIST, [])
    return hosted.resource_id


def _record(name: str, value: str, ttl_s: int) -> dict[str, Any]:
    return {"Name": f"{name}.", "Type": "CNAME", "TTL": ttl_s, "ResourceRecords": [{"Value": value}]}


def accelerator(context: Context, regions: dict[str, Any]) -> dict[str, Any]:
    """Build the accelerator: all traffic to the primary, none to the others; return its and its listener's ARN."""
    arn = f"{models.HOME}/{models.new_id(32)}"
    port = context.layout.ports.http
    listener = models.Listener(f"{arn}/listener/{models.new_id(8)}", [{"FromPort": port, "ToPort": port}])
    addresses = [{"IpFamily": "IPv4", "IpAddressFamily": "IPv4", "IpAddresses": [context.layout.accelerator]}]
    accelerator = models.Accelerator(arn, SYSTEM, addresses, context.layout.accelerator_name)
    accelerator.listeners[listener.listener_arn] = listener
    for number, region in enumerate(context.layout.regions):
        group = _group(listener.listener_arn, region, regions[region]["load_balancer_arn"], port)
        group.traffic_dial_percentage = 100.0 if number == 0 else 0.0
        listener.groups[group.endpoint_group_arn] = group
        regions[region]["endpoint_group_arn"] = group.endpoint_group_arn
    models.backend().accelerators[arn] = accelerator
    models.backend().tag_resource(arn, TAGS)
    return {"accelerator_arn": arn, "listener_arn": listener.listener_arn}


def _group(listener: str, region: str, balancer: str, port: int) -> Any:

    endpoint = {"EndpointId": balancer, "Weight": DEFAULT_WEIGHT, "ClientIPPreservationEnabled": True}
    arn = f"{listener}/endpoint-group/{models.new_id()}"
    return models.EndpointGroup(arn, region, health_check_port=port, endpoints={balancer: endpoint})
