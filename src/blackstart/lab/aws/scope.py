"""What an HTTP request asks for: service, region and operation, read from its signature's scope and its content."""

import io
import json
import re
from urllib.parse import parse_qs, parse_qsl

from botocore.exceptions import UnknownServiceError
from moto.core.routing import get_service_router
from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.exceptions import NotFound

from blackstart.lab.aws.call import Call, Environ

_CREDENTIAL = re.compile(r"Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request")
_MODELS = {"elasticfilesystem": "efs"}
"""Services with a REST protocol whose model has another name than they sign with."""


def read(environ: Environ) -> Call | None:
    """Return the call, or None if the request is not signed (those go to moto as they are).

    A presigned URL carries its scope in the query string; it is moved to where moto looks for it.
    """
    _adopt_presigned(environ)
    scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    service = scope[4].lower()
    parameters = _parameters(environ)
    return Call(service, scope[3], _operation(environ, service, parameters), parameters)


def _adopt_presigned(environ: Environ) -> None:
    if "HTTP_AUTHORIZATION" in environ or "X-Amz-Credential" not in environ.get("QUERY_STRING", ""):
        return
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    environ["HTTP_AUTHORIZATION"] = (
        f"{query.get('X-Amz-Algorithm', 'AWS4-HMAC-SHA256')} Credential={query['X-Amz-Credential']}, "
        f"SignedHeaders={query.get('X-Amz-SignedHeaders', '')}, Signature={query.get('X-Amz-Signature', '')}"
    )


def _parameters(environ: Environ) -> dict[str, str]:
    kind = environ.get("CONTENT_TYPE", "")
    if kind.startswith("application/x-amz-json"):
        return _members(_body(environ))
    form = _body(environ) if kind.startswith("application/x-www-form-urlencoded") else ""
    return dict(parse_qsl(form or environ.get("QUERY_STRING", ""), keep_blank_values=True))


def _members(body: str) -> dict[str, str]:
    try:
        members = json.loads(body)
    except ValueError:
        return {}
    return {name: str(value) for name, value in members.items()} if isinstance(members, dict) else {}


def _body(environ: Environ) -> str:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return str(body.decode("utf-8", "replace"))


def _operation(environ: Environ, service: str, parameters: dict[str, str]) -> str:
    path = str(environ.get("PATH_INFO", "/"))
    if "HTTP_X_AMZ_TARGET" in environ:
        return str(environ["HTTP_X_AMZ_TARGET"]).rpartition(".")[2]
    if environ.get("HTTP_SMITHY_PROTOCOL"):
        return path.rpartition("/")[2]
    if "Action" in parameters:
        return parameters["Action"]
    return _routed(environ, service) or f"{environ.get('REQUEST_METHOD')} {path}"


def _routed(environ: Environ, service: str) -> str | None:
    """Return the operation that a REST request's method and path mean, by botocore's model."""
    if service == "s3":  # its operation hangs on more than the path, and nothing here asks for it
        return None
    try:
        router = get_service_router(_MODELS.get(service, service))
        operation, _ = router.match(BackendRequest(environ, populate_request=False))
    except (NotFound, NotImplementedError, UnknownServiceError):
        return None
    return str(operation.name)
