"""Decodes the protobuf bodies that kubectl's typed commands send (``create namespace``, ``drain``, …).

Only the fields that those commands fill in are known. A kind or a field beyond them is refused by name, so that
nothing a client said is dropped in silence.
"""

import base64
from collections.abc import Iterator
from typing import Any

from blackstart.lab.kubernetes.objects.failure import bad_request, unsupported
from blackstart.lab.kubernetes.objects.shape import Json

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"

Schema = dict[int, tuple[str, Any]]
"""Field number → (name, what it is): "string", "int", "bool", "bytes", "skip", a message's schema, [any of these]
for a list, or {"map": …}.
"""

_META: Schema = {
    1: ("name", "string"),
    2: ("generateName", "string"),
    3: ("namespace", "string"),
    5: ("uid", "string"),
    6: ("resourceVersion", "string"),
    8: ("creationTimestamp", "skip"),
    11: ("labels", {"map": "string"}),
    12: ("annotations", {"map": "string"}),
}
_PRECONDITIONS: Schema = {1: ("uid", "string"), 2: ("resourceVersion", "string")}
_DELETE_OPTIONS: Schema = {
    1: ("gracePeriodSeconds", "int"),
    2: ("preconditions", _PRECONDITIONS),
    3: ("orphanDependents", "bool"),
    4: ("propagationPolicy", "string"),
    5: ("dryRun", ["string"]),
}
_INT_OR_STRING: Schema = {1: ("type", "int"), 2: ("number", "int"), 3: ("text", "string")}
_CONTAINER: Schema = {
    1: ("name", "string"),
    2: ("image", "string"),
    3: ("command", ["string"]),
    4: ("args", ["string"]),
    6: (
        "ports",
        [{1: ("name", "string"), 2: ("hostPort", "int"), 3: ("containerPort", "int"), 4: ("protocol", "string")}],
    ),
    7: ("env", [{1: ("name", "string"), 2: ("value", "string")}]),
    8: ("resources", "skip"),
    14: ("imagePullPolicy", "string"),
}
_POD_SPEC: Schema = {
    2: ("containers", [_CONTAINER]),
    3: ("restartPolicy", "string"),
    4: ("terminationGracePeriodSeconds", "int"),
    6: ("dnsPolicy", "string"),
    14: ("securityContext", "skip"),
}
_TEMPLATE: Schema = {1: ("metadata", _META), 2: ("spec", _POD_SPEC)}
_SELECTOR: Schema = {1: ("matchLabels", {"map": "string"})}
_DEPLOYMENT_SPEC: Schema = {
    1: ("replicas", "int"),
    2: ("selector", _SELECTOR),
    3: ("template", _TEMPLATE),
    4: ("strategy", "skip"),
}
_BUDGET_SPEC: Schema = {
    1: ("minAvailable", _INT_OR_STRING),
    2: ("selector", _SELECTOR),
    3: ("maxUnavailable", _INT_OR_STRING),
}
_SERVICE_PORT: Schema = {
    1: ("name", "string"),
    2: ("protocol", "string"),
    3: ("port", "int"),
    4: ("targetPort", _INT_OR_STRING),
    5: ("nodePort", "int"),
}
_SERVICE_SPEC: Schema = {
    1: ("ports", [_SERVICE_PORT]),
    2: ("selector", {"map": "string"}),
    3: ("clusterIP", "string"),
    4: ("type", "string"),
    7: ("sessionAffinity", "string"),
}
_TARGET: Schema = {1: ("kind", "string"), 2: ("name", "string"), 3: ("apiVersion", "string")}
_AUTOSCALER_SPEC: Schema = {1: ("scaleTargetRef", _TARGET), 2: ("minReplicas", "int"), 3: ("maxReplicas", "int")}
_KINDS: dict[str, Schema] = {
    "Namespace": {1: ("metadata", _META), 2: ("spec", "skip"), 3: ("status", "skip")},
    "Eviction": {1: ("metadata", _META), 2: ("deleteOptions", _DELETE_OPTIONS)},
    "DeleteOptions": _DELETE_OPTIONS,
    "Deployment": {1: ("metadata", _META), 2: ("spec", _DEPLOYMENT_SPEC), 3: ("status", "skip")},
    "ConfigMap": {1: ("metadata", _META), 2: ("data", {"map": "string"}), 3: ("binaryData", {"map": "bytes"})},
    "Secret": {1: ("metadata", _META), 2: ("data", {"map": "bytes"}), 3: ("type", "string")},
    "Service": {1: ("metadata", _META), 2: ("spec", _SERVICE_SPEC), 3: ("status", "skip")},
    "ServiceAccount": {1: ("metadata", _META)},
    "PodDisruptionBudget": {1: ("metadata", _META), 2: ("spec", _BUDGET_SPEC), 3: ("status", "skip")},
    "HorizontalPodAutoscaler": {1: ("metadata", _META), 2: ("spec", _AUTOSCALER_SPEC), 3: ("status", "skip")},
    "Scale": {1: ("metadata", _META), 2: ("spec", {1: ("replicas", "int")}), 3: ("status", "skip")},
    "Pod": {1: ("metadata", _META), 2: ("spec", _POD_SPEC), 3: ("status", "skip")},
}
_TYPE: Schema = {1: ("apiVersion", "string"), 2: ("kind", "string")}
_ENVELOPE: Schema = {
    1: ("typeMeta", _TYPE),
    2: ("raw", "raw"),
    3: ("contentEncoding", "string"),
    4: ("contentType", "string"),
}


def decode(body: bytes) -> Json:
    """Return the object in a Kubernetes protobuf body.

    Raises:
        ApiError: 400 it is damaged, 415 it holds what is not known here.

    """
    if not body.startswith(_MAGIC):
        raise bad_request("the body is no Kubernetes protobuf")
    try:
        envelope = _message(body[len(_MAGIC) :], _ENVELOPE)
        identity = envelope.get("typeMeta", {})
        schema = _KINDS.get(identity.get("kind", ""))
        if schema is None:
            raise unsupported(f"protobuf of {identity.get('kind')} is not known here: send JSON")
        return {**identity, **_message(envelope.get("raw", b""), schema)}
    except (IndexError, ValueError) as error:
        raise bad_request(f"damaged protobuf: {error}") from error


def _message(data: bytes, schema: Schema) -> Json:
    found: Json = {}
    for number, value in _fields(data):
        name, kind = schema.get(number, ("", None))
        if kind is None:
            if value not in (0, b""):
                raise unsupported(f"protobuf field {number} is not known here: send JSON")
        elif isinstance(kind, list):
            found.setdefault(name, []).append(_value(value, kind[0]))
        elif isinstance(kind, dict) and "map" in kind:
            entry = _message(value, {1: ("key", "string"), 2: ("value", kind["map"])})
            found.setdefault(name, {})[entry.get("key", "")] = entry.get("value", "")
        elif kind != "skip" and value != b"":
            found[name] = _value(value, kind)
    return found


def _int_or_string(data: bytes) -> Any:
    values = dict(_fields(data))
    return values.get(3, b"").decode() if values.get(1) else values.get(2, 0)


def _value(value: Any, kind: Any) -> Any:
    match kind:
        case "string":
            return value.decode()
        case "bytes":
            return base64.b64encode(value).decode()
        case "bool":
            return bool(value)
        case "int":
            return value - 2**64 if value >= 2**63 else value
        case "raw":
            return value
    return _int_or_string(value) if kind is _INT_OR_STRING else _message(value, kind)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value: Any
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise ValueError("it ends in the middle of a field")
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
