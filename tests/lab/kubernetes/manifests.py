"""The shop's manifests, as they would be on EKS."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from blackstart.lab.layout import SYSTEM

IMAGE = f"{SYSTEM}:1.0"
SECRET = "shop-database"
PASSWORD_VARIABLE = "DATABASE_PASSWORD"
PORT_VARIABLE = "PORT"
GRACE_S = 5


def write(directory: Path, *, region: str, replicas: int, environment: Mapping[str, str]) -> Path:
    """Write ``shop.yaml`` into ``directory`` (made where missing) and return its path.

    Args:
        directory: the twin's ``manifests`` folder.
        region: goes into the ConfigMap as ``REGION``.
        replicas: the Deployment's; 0 for a standby.
        environment: what the shop is to get. ``DATABASE_PASSWORD`` goes into the Secret ``shop-database`` (key
            ``password``), ``PORT`` (default "8080") is also the containerPort and where the probes go, all
            else goes into the ConfigMap ``shop``. Each container also gets ``POD_IP`` and ``POD_NAME``.

    """
    directory.mkdir(parents=True, exist_ok=True)
    values = {"REGION": region, PORT_VARIABLE: "8080"} | dict(environment)
    password = values.pop(PASSWORD_VARIABLE, "")
    documents = [
        _head("v1", "Namespace", SYSTEM, namespaced=False),
        _head("v1", "Secret", SECRET) | {"type": "Opaque", "stringData": {"password": password}},
        _head("v1", "ConfigMap", SYSTEM) | {"data": values},
        _head("apps/v1", "Deployment", SYSTEM) | {"spec": _deployment(replicas, int(values[PORT_VARIABLE]))},
        _head("v1", "Service", SYSTEM) | {"spec": _service()},
    ]
    path = directory / f"{SYSTEM}.yaml"
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
    return path


def _head(api_version: str, kind: str, name: str, *, namespaced: bool = True) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name} | ({"namespace": SYSTEM} if namespaced else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata | {"labels": {"app": SYSTEM}}}


def _deployment(replicas: int, port: int) -> dict[str, Any]:
    return {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": SYSTEM}},
        "template": {
            "metadata": {"labels": {"app": SYSTEM}},
            "spec": {"terminationGracePeriodSeconds": GRACE_S, "containers": [_container(port)]},
        },
    }


def _container(port: int) -> dict[str, Any]:
    password = {"secretKeyRef": {"name": SECRET, "key": "password"}}
    return {
        "name": SYSTEM,
        "image": IMAGE,
        "ports": [{"name": "http", "containerPort": port}],
        "envFrom": [{"configMapRef": {"name": SYSTEM}}],
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": PASSWORD_VARIABLE, "valueFrom": password},
        ],
        "readinessProbe": _probe("/readyz", port, failures=2),
        "livenessProbe": _probe("/healthz", port, failures=3),
    }


def _probe(path: str, port: int, *, failures: int) -> dict[str, Any]:
    get = {"path": path, "port": port}
    return {"httpGet": get, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": failures}


def _service() -> dict[str, Any]:
    return {
        "type": "ClusterIP",
        "selector": {"app": SYSTEM},
        "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
    }
