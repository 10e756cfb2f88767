"""Tables: how ``kubectl get`` wants its lists."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from blackstart.lab.kubernetes.objects.kinds import (
    AUTOSCALERS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    EVENTS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    SERVICES,
    Kind,
)
from blackstart.lab.kubernetes.objects.selectors import as_text
from blackstart.lab.kubernetes.objects.shape import Json, is_terminating, moment_of, name

Cell = Callable[[Json], Any]
Column = tuple[str, int, Cell]
"""A column's title, its priority (1: only in ``-o wide``) and how its cell is made."""


def table(kind: Kind, items: list[Json], now: datetime, *, include: str, with_columns: bool = True) -> Json:
    """Return the Table of those objects. ``include``: what each row carries, "Metadata", "Object" or "None"."""
    columns = _columns(kind, now)
    definitions = [
        {"name": title, "type": "string", "format": "name" if title == "Name" else "", "priority": priority}
        for title, priority, _ in columns
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": definitions if with_columns else [],
        "rows": [_row(item, columns, include) for item in items],
    }


def _row(item: Json, columns: list[Column], include: str) -> Json:
    row: Json = {"cells": [cell(item) for _, _, cell in columns]}
    if include == "Object":
        row["object"] = item
    elif include != "None":
        identity = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        row["object"] = identity | {"metadata": item["metadata"]}
    return row


def _columns(kind: Kind, now: datetime) -> list[Column]:
    age: Column = ("Age", 0, lambda item: _span(item["metadata"].get("creationTimestamp"), now))
    if kind is EVENTS:
        return [("Last Seen", 0, lambda item: _span(item.get("lastTimestamp"), now)), *_EVENT]
    own = _COLUMNS.get(kind, [])
    return [("Name", 0, name), *(one for one in own if not one[1]), age, *(one for one in own if one[1])]


def _span(text: str | None, now: datetime) -> str:
    if not text:
        return "<unknown>"
    seconds = max(0, int((now - moment_of(text)).total_seconds()))
    if seconds < 120:
        return f"{seconds}s"
    if seconds < 7200:
        return f"{seconds // 60}m"
    return f"{seconds // 3600}h" if seconds < 172_800 else f"{seconds // 86_400}d"


def _pod_ready(pod: Json) -> str:
    ready = sum(one["ready"] for one in pod.get("status", {}).get("containerStatuses") or [])
    return f"{ready}/{len(pod['spec']['containers'])}"


def _pod_status(pod: Json) -> str:
    if is_terminating(pod):
        return "Terminating"
    for one in pod.get("status", {}).get("containerStatuses") or []:
        for state in ("waiting", "terminated"):
            if one["state"].get(state):
                return str(one["state"][state].get("reason", state))
    return str(pod.get("status", {}).get("phase", "Unknown"))


def _restarts(pod: Json) -> str:
    return str(sum(one["restartCount"] for one in pod.get("status", {}).get("containerStatuses") or []))


def _status(counter: str) -> Cell:
    return lambda item: str(item.get("status", {}).get(counter, 0))


def _spec(field: str, default: str = "<none>") -> Cell:
    return lambda item: str(item.get("spec", {}).get(field) or default)


def _deployment_ready(item: Json) -> str:
    return f"{item.get('status', {}).get('readyReplicas', 0)}/{item['spec']['replicas']}"


def _of_containers(field: str) -> Cell:
    return lambda item: ",".join(one[field] for one in item["spec"]["template"]["spec"]["containers"])


def _selector(item: Json) -> str:
    return as_text(item["spec"].get("selector") or {}) or "<none>"


def _service_ports(item: Json) -> str:
    return ",".join(f"{one['port']}/{one['protocol']}" for one in item["spec"].get("ports") or []) or "<none>"


def _service_selector(item: Json) -> str:
    return as_text({"matchLabels": item["spec"].get("selector") or {}}) or "<none>"


def _endpoints(item: Json) -> str:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in item.get("subsets") or []
        for address in subset.get("addresses") or []
        for port in subset.get("ports") or []
    ]
    return ",".join(found) or "<none>"


def _slice_addresses(item: Json) -> str:
    return ",".join(address for one in item.get("endpoints") or [] for address in one["addresses"]) or "<unset>"


def _slice_ports(item: Json) -> str:
    return ",".join(str(one["port"]) for one in item.get("ports") or []) or "<unset>"


def _node_status(item: Json) -> str:
    return "Ready,SchedulingDisabled" if item.get("spec", {}).get("unschedulable") else "Ready"


def _target(item: Json) -> str:
    return f"{item['spec']['scaleTargetRef']['kind']}/{item['spec']['scaleTargetRef']['name']}"


def _involved(item: Json) -> str:
    return f"{item['involvedObject']['kind'].lower()}/{item['involvedObject']['name']}"


_COLUMNS: dict[Kind, list[Column]] = {
    PODS: [
        ("Ready", 0, _pod_ready),
        ("Status", 0, _pod_status),
        ("Restarts", 0, _restarts),
        ("IP", 1, lambda pod: pod.get("status", {}).get("podIP", "<none>")),
        ("Node", 1, _spec("nodeName")),
        ("Nominated Node", 1, lambda _: "<none>"),
        ("Readiness Gates", 1, lambda _: "<none>"),
    ],
    DEPLOYMENTS: [
        ("Ready", 0, _deployment_ready),
        ("Up-to-date", 0, _status("updatedReplicas")),
        ("Available", 0, _status("availableReplicas")),
        ("Containers", 1, _of_containers("name")),
        ("Images", 1, _of_containers("image")),
        ("Selector", 1, _selector),
    ],
    REPLICA_SETS: [
        ("Desired", 0, _spec("replicas", "0")),
        ("Current", 0, _status("replicas")),
        ("Ready", 0, _status("readyReplicas")),
        ("Containers", 1, _of_containers("name")),
        ("Images", 1, _of_containers("image")),
        ("Selector", 1, _selector),
    ],
    SERVICES: [
        ("Type", 0, _spec("type")),
        ("Cluster-IP", 0, _spec("clusterIP")),
        ("External-IP", 0, lambda _: "<none>"),
        ("Port(s)", 0, _service_ports),
        ("Selector", 1, _service_selector),
    ],
    NAMESPACES: [("Status", 0, lambda item: item.get("status", {}).get("phase", "Active"))],
    NODES: [
        ("Status", 0, _node_status),
        ("Roles", 0, lambda _: "<none>"),
        ("Version", 0, lambda item: item["status"]["nodeInfo"]["kubeletVersion"]),
    ],
    CONFIG_MAPS: [("Data", 0, lambda item: str(len(item.get("data") or {})))],
    SECRETS: [
        ("Type", 0, lambda item: item["type"]),
        ("Data", 0, lambda item: str(len(item.get("data") or {}))),
    ],
    ENDPOINTS: [("Endpoints", 0, _endpoints)],
    ENDPOINT_SLICES: [
        ("AddressType", 0, lambda item: item["addressType"]),
        ("Ports", 0, _slice_ports),
        ("Endpoints", 0, _slice_addresses),
    ],
    AUTOSCALERS: [
        ("Reference", 0, _target),
        ("MinPods", 0, _spec("minReplicas")),
        ("MaxPods", 0, _spec("maxReplicas")),
        ("Replicas", 0, _status("currentReplicas")),
    ],
    DISRUPTION_BUDGETS: [
        ("Min Available", 0, _spec("minAvailable", "N/A")),
        ("Max Unavailable", 0, _spec("maxUnavailable", "N/A")),
        ("Allowed Disruptions", 0, _status("disruptionsAllowed")),
    ],
}
_EVENT: list[Column] = [
    ("Type", 0, lambda item: item["type"]),
    ("Reason", 0, lambda item: item["reason"]),
    ("Object", 0, _involved),
    ("Message", 0, lambda item: item["message"]),
]
