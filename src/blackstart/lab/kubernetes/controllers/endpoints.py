"""Lists the pods behind each Service, as Endpoints and as EndpointSlices."""

import zlib
from typing import Any

from blackstart.lab.kubernetes.objects.changes import Changes
from blackstart.lab.kubernetes.objects.kinds import ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICES, Kind
from blackstart.lab.kubernetes.objects.selectors import admits, from_selector
from blackstart.lab.kubernetes.objects.shape import (
    Json,
    is_finished,
    is_ready,
    is_terminating,
    labels,
    name,
    namespace,
    owner_reference,
    uid,
)


def reconcile(changes: Changes) -> None:
    """Bring the endpoints of every Service up to date, and drop those of Services that are gone."""
    for service in changes.store.every(SERVICES):
        if service["spec"].get("selector") and not is_terminating(service):
            pods = _pods(changes, service)
            _keep(changes, ENDPOINTS, service, name(service), {"subsets": _subsets(service, pods)})
            _keep(changes, ENDPOINT_SLICES, service, _slice_name(service), _slice(service, pods))
    for found in changes.store.every(ENDPOINTS):
        if changes.store.get(SERVICES, namespace(found), name(found)) is None and found["metadata"].get("labels"):
            changes.store.remove(ENDPOINTS, namespace(found), name(found))


def _pods(changes: Changes, service: Json) -> list[Json]:
    requirements = from_selector({"matchLabels": service["spec"]["selector"]})
    return [
        pod
        for pod in changes.store.every(PODS, namespace(service))
        if admits(requirements, labels(pod)) and pod["status"].get("podIP") and not is_finished(pod)
    ]


def _keep(changes: Changes, kind: Kind, service: Json, item_name: str, content: Json) -> None:
    space = namespace(service)
    marks = {"kubernetes.io/service-name": name(service), "endpointslice.kubernetes.io/managed-by": "blackstart.lab"}
    if changes.store.get(kind, space, item_name) is None:
        metadata: Json = {"name": item_name, "labels": marks}
        if kind is ENDPOINT_SLICES:
            metadata["ownerReferences"] = [owner_reference(service)]
        changes.create(kind, space, {"metadata": metadata, **content})
        return
    current = changes.store.get(kind, space, item_name) or {}
    bare = {key: value for key, value in current.items() if key in ("apiVersion", "kind", "metadata")}
    changes.store.put(kind, bare | content)


def _subsets(service: Json, pods: list[Json]) -> list[Json]:
    here = [pod for pod in pods if not is_terminating(pod)]
    if not here:
        return []
    subset: Json = {}
    for field, ready in (("addresses", True), ("notReadyAddresses", False)):
        chosen = [_address(pod) for pod in here if is_ready(pod) is ready]
        if chosen:
            subset[field] = chosen
    return [subset | {"ports": _ports(service, here[0])}]


def _address(pod: Json) -> Json:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName"), "targetRef": _reference(pod)}


def _reference(pod: Json) -> Json:
    return {"kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": uid(pod)}


def _slice_name(service: Json) -> str:
    return f"{name(service)}-{zlib.crc32(uid(service).encode()) % 36**4:05d}"


def _slice(service: Json, pods: list[Json]) -> Json:
    return {
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in pods],
        "ports": _ports(service, pods[0]) if pods else [],
    }


def _endpoint(pod: Json) -> Json:
    leaving = is_terminating(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": is_ready(pod) and not leaving, "serving": is_ready(pod), "terminating": leaving},
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": _reference(pod),
    }


def _ports(service: Json, pod: Json) -> list[Json]:
    ports = []
    for port in service["spec"].get("ports") or []:
        found = {"name": port.get("name", ""), "port": _number(port["targetPort"], pod), "protocol": port["protocol"]}
        ports.append({key: value for key, value in found.items() if value is not None})
    return ports


def _number(target: Any, pod: Json) -> int | None:
    if isinstance(target, int):
        return target
    declared = [port for container in pod["spec"]["containers"] for port in container.get("ports") or []]
    return next((port["containerPort"] for port in declared if port.get("name") == target), None)
