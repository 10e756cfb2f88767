"""The lab's own ``topology.yaml`` and credentials: all that a drill is told of this lab, in the terms of AWS."""

from pathlib import Path
from typing import Any

from blackstart.lab.layout import ACCOUNT, COMMITS_TAG, FAILOVER_STATE, READER_NAME, SYSTEM, WRITER_NAME, Layout
from blackstart.lab.specification import Specification

PROFILE = "blackstart-lab"
CREDENTIALS = f"""\
[{PROFILE}]
aws_access_key_id = blackstart
aws_secret_access_key = blackstart
"""
ORDER_BODY = '{"run":"{run}","writer":{writer},"seq":{seq},"version":{version},"item":"canary"}'
ORDER_STATEMENT = (
    "INSERT INTO orders (key, run, writer, seq, version, item) "
    "VALUES (%(key)s, %(run)s, %(writer)s, %(seq)s, %(version)s, 'canary')"
)

FIDELITY = (
    "The system is the lab's twin on one machine: the AWS APIs are simulated, and no figure includes AWS's own delays, "
    "quotas or the distance between regions.",
    "Aurora's storage replication is PostgreSQL streaming replication; a configured delay is lifted while a standby "
    "connects again or is rewound.",
    "CloudWatch's alarms are evaluated by the lab, by the documented rules; the failover controller that one of them "
    "starts is a local process, not a Lambda function.",
    "EKS on Fargate is a Kubernetes API whose pods are local processes; the load balancers and the accelerator are "
    "Envoy.",
)
"""What of the system itself is simulated; every verdict says so."""


def write(state: Path, layout: Layout, specification: Specification, resources: dict[str, Any]) -> Path:
    """Write both files into the lab's folder and return the topology's path.

    ``resources`` holds the ARNs and identifiers that the AWS API gave when it was seeded.
    """
    import yaml  # noqa: PLC0415 (kept out of the start of every other process of the lab)

    credentials = state / "credentials"
    credentials.touch(mode=0o600)
    credentials.write_text(CREDENTIALS)
    path = state / "topology.yaml"
    content = topology(credentials, layout, specification, resources)
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=120))
    return path


def topology(
    credentials: Path, layout: Layout, specification: Specification, resources: dict[str, Any]
) -> dict[str, Any]:
    """Return the topology's content."""
    primary, standby = specification.regions
    regions = resources["regions"]
    return {
        "version": 1,
        "name": f"{SYSTEM}-lab",
        "kind": "lab",
        "timing": specification.timing,
        "fidelity": list(FIDELITY),
        "aws": {"endpoint_url": layout.api_url, "credentials": {"file": str(credentials), "profile": PROFILE}},
        "primary": primary,
        "standby": standby,
        "resolver": f"{layout.resolver(0)}:{layout.ports.dns}",
        "accelerator": {
            "arn": resources["accelerator_arn"],
            "listener": resources["listener_arn"],
            "url": accelerator_url(layout),
        },
        "regions": {name: _region(name, layout, specification, regions[name]) for name in specification.regions},
        "database": _database(layout, specification, resources),
        "orders": _orders(),
        "fault_injection": {
            # Its template lies in the standby: an experiment must not depend on the region that it takes away.
            "region-loss": {"region": standby, "template": regions[standby]["fis_templates"]["region-loss"]},
            # A template reaches a cache in its own region only.
            "cache-loss": {"region": primary, "template": regions[primary]["fis_templates"]["cache-loss"]},
        },
        "automation": {
            "region": standby,
            "alarms": resources["alarms"],
            "controller": {"function": resources["failover_function"], "state": FAILOVER_STATE},
        },
    }


def accelerator_url(layout: Layout) -> str:
    """Return the URL that the shop's customers use."""
    return f"http://{layout.accelerator}:{layout.ports.http}"


def alb_url(layout: Layout, region: str) -> str:
    """Return the URL of the region's ALB as the client reaches it, past the accelerator."""
    return f"http://{layout.alb_link(0, region)}:{layout.ports.http}"


def kubernetes_url(layout: Layout, region: str) -> str:
    """Return the URL of the region's Kubernetes API as the client reaches it."""
    return f"https://{layout.kubernetes_link(0, region)}:{layout.ports.kubernetes}"


def _region(name: str, layout: Layout, specification: Specification, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "account": ACCOUNT,
        "role": f"arn:aws:iam::{ACCOUNT}:role/blackstart-drill",
        "alb": {
            "arn": known["load_balancer_arn"],
            "target_group": known["target_group_arn"],
            "security_group": known["alb_security_group"],
            "url": alb_url(layout, name),
        },
        "kubernetes": {
            "cluster": known["cluster"],
            "namespace": SYSTEM,
            "deployment": SYSTEM,
            # What it must have when it serves, in either region.
            "replicas": specification.pods,
            "selector": f"app={SYSTEM}",
        },
        "database": {"cluster": layout.cluster_name(name)},
        "cache": {"endpoint": f"{layout.cache(name)}:{layout.ports.cache}"},
    }


def _database(layout: Layout, specification: Specification, resources: dict[str, Any]) -> dict[str, Any]:
    record = {"zone": resources["zone_id"], "type": "CNAME", "ttl_s": specification.timings.record_ttl_s}
    return {
        "engine": "postgresql",
        "global_cluster": resources["global_cluster"],
        "name": SYSTEM,
        "port": layout.ports.database,
        "credentials": {"secret": resources["secret"]},
        "writer": {"record": record | {"name": WRITER_NAME}},
        "readers": [{"record": record | {"name": READER_NAME}}],
        "engine_gap_tag": COMMITS_TAG,
    }


def _orders() -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "{key}"}
    return {
        "write": {
            "method": "POST",
            "path": "/orders",
            "headers": headers,
            # Only {run} {writer} {seq} {key} {version} are replaced; the other braces are JSON's.
            "body": ORDER_BODY,
            "acknowledged": [200, 201],
        },
        "sql": {"statement": ORDER_STATEMENT},
        "served_by_header": "X-Region",
        "read": {"path": "/catalogue", "status": [200], "cache": {"header": "X-Cache", "hit": "hit"}},
        "read_back": {"sql": "SELECT writer, seq FROM orders WHERE run = %(run)s"},
    }
