"""Request bodies: JSON, YAML, and the little protobuf that kubectl sends."""

import json
from typing import Any

from blackstart.lab.kubernetes.api import protobuf
from blackstart.lab.kubernetes.api.message import Request
from blackstart.lab.kubernetes.objects.failure import bad_request, unsupported
from blackstart.lab.kubernetes.objects.shape import Json


def media_type(request: Request) -> str:
    """Return the body's media type, without parameters."""
    return request.headers.get("content-type", "application/json").split(";")[0].strip()


def decode(request: Request) -> Any:
    """Return the JSON value that the body holds; an empty body is {}.

    Raises:
        ApiError: 400 it cannot be read, 415 it comes in a form that is not known here.

    """
    if not request.body:
        return {}
    kind = media_type(request)
    if kind == protobuf.MEDIA_TYPE:
        return protobuf.decode(request.body)
    if "yaml" in kind:
        return _yaml(request.body)
    if kind.endswith("json"):
        return _json(request.body)
    raise unsupported(f"the body of the request was in an unknown format ({kind}): send application/json")


def decode_object(request: Request) -> Json:
    """Return the object that the body holds.

    Raises:
        ApiError: as ``decode``; 400 it is no object.

    """
    found = decode(request)
    if not isinstance(found, dict):
        raise bad_request("the body must be an object")
    return found


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise bad_request(f"the body is no JSON: {error}") from error


def _yaml(text: bytes) -> Any:
    import yaml  # noqa: PLC0415 - slow to import, and hardly anybody sends YAML

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise bad_request(f"the body is no YAML: {error}") from error
