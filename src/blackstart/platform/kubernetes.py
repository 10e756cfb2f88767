"""Kubernetes clients, one a region, signed in as the AWS command line does it (``aws eks get-token``).

Each region has an explicit ``ApiClient``: the Python client's default configuration is one for the whole process.
"""

import base64
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from botocore.signers import RequestSigner

from blackstart.platform import aws
from blackstart.topology import Topology

TIMEOUT_S = (2, 6)
"""Connect and read timeout of one Kubernetes call."""

TOKEN_PREFIX = "k8s-aws-v1."  # noqa: S105 - a format's name, no secret
TOKEN_LIFE_S = 60


@dataclass(frozen=True)
class _Cluster:
    endpoint: str
    authority: str


_known: dict[tuple[str | None, str, str], _Cluster] = {}
"""Clusters already looked up: they go on answering when the region's EKS API does not."""


def apps(topology: Topology, region: str) -> Any:
    """Return the region's ``AppsV1Api``."""
    from kubernetes import client  # noqa: PLC0415 - half a second to import; only drills need it

    return client.AppsV1Api(_api_client(topology, region))


def core(topology: Topology, region: str) -> Any:
    """Return the region's ``CoreV1Api``."""
    from kubernetes import client  # noqa: PLC0415 - half a second to import; only drills need it

    return client.CoreV1Api(_api_client(topology, region))


def pods(topology: Topology, region: str) -> list[Any]:
    """Return the region's serving pods, also those on their way out."""
    workload = topology.regions[region].kubernetes
    found = core(topology, region).list_namespaced_pod(
        workload.namespace, label_selector=workload.selector, _request_timeout=TIMEOUT_S
    )
    return list(found.items)


def is_ready(pod: Any) -> bool:
    """Return true for a pod that serves: its Ready condition holds and it is not being deleted."""
    if pod.metadata.deletion_timestamp is not None:
        return False
    conditions = pod.status.conditions or []
    return any(condition.type == "Ready" and condition.status == "True" for condition in conditions)


def waiting(pods: list[Any]) -> str:
    """Return why containers wait, as Kubernetes names it (``ImagePullBackOff``), to end a sentence with; or nothing."""
    statuses = [
        status
        for pod in pods
        if pod.metadata.deletion_timestamp is None
        for status in pod.status.container_statuses or []
    ]
    reasons = {status.state.waiting.reason for status in statuses if status.state and status.state.waiting}
    return f": {', '.join(sorted(reason for reason in reasons if reason))}" if any(reasons) else ""


def wanted_replicas(topology: Topology, region: str) -> int:
    """Return how many pods the region's deployment wants now."""
    workload = topology.regions[region].kubernetes
    scale = apps(topology, region).read_namespaced_deployment_scale(
        workload.deployment, workload.namespace, _request_timeout=TIMEOUT_S
    )
    return int(scale.spec.replicas or 0)


def kill(topology: Topology, region: str, pod: str, uid: str) -> None:
    """Delete one pod at once, without grace; never another one that has got its name since. A gone one is fine."""
    from kubernetes import client  # noqa: PLC0415 - half a second to import; only drills need it

    precondition = client.V1Preconditions(uid=uid)
    options = client.V1DeleteOptions(grace_period_seconds=0, preconditions=precondition)
    namespace = topology.regions[region].kubernetes.namespace
    try:
        core(topology, region).delete_namespaced_pod(pod, namespace, body=options, _request_timeout=TIMEOUT_S)
    except client.ApiException as error:
        if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise


def token(topology: Topology, region: str) -> str:
    """Return a bearer token for the region's cluster: a presigned ``GetCallerIdentity``, as EKS documents it."""
    session = aws.session(topology, region)
    sts = session.client("sts", region_name=region)
    signer = RequestSigner(
        sts.meta.service_model.service_id, region, "sts", "v4", session.get_credentials(), session.events
    )
    endpoint = topology.aws.endpoint_url or f"https://sts.{region}.amazonaws.com"
    request = {
        "method": "GET",
        "url": f"{endpoint}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": topology.regions[region].kubernetes.cluster},
        "context": {},
    }
    url = signer.generate_presigned_url(request, region_name=region, expires_in=TOKEN_LIFE_S, operation_name="")
    return TOKEN_PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _api_client(topology: Topology, region: str) -> Any:
    from kubernetes import client  # noqa: PLC0415 - half a second to import; only drills need it

    cluster = _cluster(topology, region)
    configuration = client.Configuration(host=cluster.endpoint)
    configuration.ca_cert_data = cluster.authority
    configuration.retries = False
    configuration.api_key = {"authorization": f"Bearer {token(topology, region)}"}
    return client.ApiClient(configuration)


def _cluster(topology: Topology, region: str) -> _Cluster:
    name = topology.regions[region].kubernetes.cluster
    key = (topology.aws.endpoint_url, region, name)
    if key not in _known:
        found = aws.client(topology, "eks", region).describe_cluster(name=name)["cluster"]
        authority = base64.b64decode(found["certificateAuthority"]["data"]).decode()
        _known[key] = _Cluster(found["endpoint"], authority)
    return _known[key]
