"""The values that Kubernetes fills in where a manifest says nothing."""

import base64
import zlib

from blackstart.lab.kubernetes.objects.kinds import (
    AUTOSCALERS,
    DEPLOYMENTS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    SERVICES,
    Kind,
)
from blackstart.lab.kubernetes.objects.shape import Json

_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_POD = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER = {
    "imagePullPolicy": "IfNotPresent",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
}


def fill(kind: Kind, item: Json) -> None:
    """Put the defaults of its kind into an object, in place (give it a copy)."""
    filler = _FILLERS.get(kind)
    if filler is not None:
        filler(item)


def _missing(into: Json, values: Json) -> None:
    for key, value in values.items():
        into.setdefault(key, value)


def _deployment(item: Json) -> None:
    spec = item.setdefault("spec", {})
    _missing(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"] = {"maxUnavailable": "25%", "maxSurge": "25%"} | rolling
    _template(spec)


def _replica_set(item: Json) -> None:
    spec = item.setdefault("spec", {})
    _missing(spec, {"replicas": 1})
    _template(spec)


def _template(spec: Json) -> None:
    template = spec.get("template") or {}
    template.setdefault("metadata", {})
    pod_spec(template.setdefault("spec", {}))
    spec["template"] = template


def _pod(item: Json) -> None:
    pod_spec(item.setdefault("spec", {}))
    item.setdefault("status", {"phase": "Pending", "qosClass": "BestEffort"})


def pod_spec(spec: Json) -> None:
    """Fill in a pod's specification."""
    _missing(spec, _POD)
    for container in spec.get("containers") or []:
        _missing(container, _CONTAINER)
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            if container.get(probe):
                _missing(container[probe], _PROBE)
                if "httpGet" in container[probe]:
                    _missing(container[probe]["httpGet"], {"path": "/", "scheme": "HTTP"})


def _service(item: Json) -> None:
    spec = item.setdefault("spec", {})
    _missing(spec, {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"})
    if spec["type"] != "ExternalName":
        _missing(spec, {"clusterIP": _cluster_ip(item), "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
    for port in spec.get("ports") or []:
        _missing(port, {"protocol": "TCP", "targetPort": port["port"]})
    item.setdefault("status", {"loadBalancer": {}})


def _cluster_ip(item: Json) -> str:
    # Nothing routes to it in the lab, where clients come through the load balancer: it only has to be stable.
    number = zlib.crc32(f"{item['metadata'].get('namespace')}/{item['metadata'].get('name')}".encode())
    return f"10.100.{number >> 8 & 255}.{number % 254 + 1}"


def _secret(item: Json) -> None:
    item.setdefault("type", "Opaque")
    plain = item.pop("stringData", None) or {}
    if plain:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        item["data"] = (item.get("data") or {}) | encoded


def _namespace(item: Json) -> None:
    labels = item["metadata"].get("labels") or {}
    item["metadata"]["labels"] = labels | {"kubernetes.io/metadata.name": item["metadata"]["name"]}
    item["spec"] = {"finalizers": ["kubernetes"]}
    item.setdefault("status", {"phase": "Active"})


def _autoscaler(item: Json) -> None:
    item.setdefault("spec", {}).setdefault("minReplicas", 1)


_FILLERS = {
    DEPLOYMENTS: _deployment,
    REPLICA_SETS: _replica_set,
    PODS: _pod,
    SERVICES: _service,
    SECRETS: _secret,
    NAMESPACES: _namespace,
    AUTOSCALERS: _autoscaler,
}
