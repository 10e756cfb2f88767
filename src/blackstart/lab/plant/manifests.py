"""What the GitOps repository would apply to both clusters: the shop, as it would run on EKS."""

import json
from typing import Any

from blackstart.lab.layout import READER_NAME, SYSTEM, WRITER_NAME, Layout
from blackstart.lab.specification import Specification

IMAGE = "shop:1.0"
_LABELS = {"app": SYSTEM}
_SECRET = "shop-database"  # noqa: S105 (its name, not its content)
_GRACE_S = 5


def shop(layout: Layout, specification: Specification, region: str, database_password: str) -> str:
    """Return the region's manifests as a stream of YAML documents (JSON is YAML).

    Both regions get the same but for the region's name, its cache, and the replicas: the standby waits at zero.
    """
    replicas = specification.pods if region == specification.primary else 0
    objects = (_namespace(), _secret(database_password), _deployment(layout, region, replicas), _service(layout))
    return "\n---\n".join(json.dumps(each, indent=1) for each in objects)


def _namespace() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}


def _secret(password: str) -> dict[str, Any]:
    data = {"username": SYSTEM, "password": password}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(_SECRET), "type": "Opaque", "stringData": data}


def _service(layout: Layout) -> dict[str, Any]:
    port = {"name": "http", "port": 80, "targetPort": layout.ports.http}
    spec = {"selector": _LABELS, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(SYSTEM), "spec": spec}


def _deployment(layout: Layout, region: str, replicas: int) -> dict[str, Any]:
    template = {"metadata": {"labels": _LABELS}, "spec": _pod(layout, region)}
    spec = {"replicas": replicas, "selector": {"matchLabels": _LABELS}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(SYSTEM), "spec": spec}


def _pod(layout: Layout, region: str) -> dict[str, Any]:
    container = {
        "name": SYSTEM,
        "image": IMAGE,
        "ports": [{"name": "http", "containerPort": layout.ports.http}],
        "env": _environment(layout, region),
        # A pod is ready when it answers; whether it reaches its database is for the load balancer to check.
        "readinessProbe": _probe(layout, period_s=1),
        "livenessProbe": _probe(layout, period_s=5),
    }
    return {"terminationGracePeriodSeconds": _GRACE_S, "containers": [container]}


def _probe(layout: Layout, period_s: int) -> dict[str, Any]:
    return {"httpGet": {"path": "/healthz", "port": layout.ports.http}, "periodSeconds": period_s}


def _environment(layout: Layout, region: str) -> list[dict[str, Any]]:
    plain = {
        "PORT": str(layout.ports.http),
        "REGION": region,
        "DATABASE_WRITER": WRITER_NAME,
        "DATABASE_READER": READER_NAME,
        "DATABASE_PORT": str(layout.ports.database),
        "DATABASE_NAME": SYSTEM,
        "CACHE_HOST": layout.cache_endpoint(region),
        "CACHE_PORT": str(layout.ports.cache),
    }
    fields = {"POD_IP": "status.podIP", "POD_NAME": "metadata.name"}
    secrets = {"DATABASE_USER": "username", "DATABASE_PASSWORD": "password"}
    return [
        *({"name": key, "valueFrom": {"fieldRef": {"fieldPath": path}}} for key, path in fields.items()),
        *({"name": key, "value": value} for key, value in plain.items()),
        *({"name": k, "valueFrom": {"secretKeyRef": {"name": _SECRET, "key": v}}} for k, v in secrets.items()),
    ]


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": SYSTEM, "labels": _LABELS}
