"""Errors in the shape that each service's protocol gives them, so that an AWS client raises its own exception."""

import json
from xml.sax.saxutils import escape

from blackstart.lab.aws.call import Environ

Answer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body of an HTTP response."""

REQUEST_ID = "00000000-0000-0000-0000-000000000000"
_REST_XML = {"route53", "s3", "cloudfront"}


def answer(environ: Environ, service: str, status: int, code: str, message: str) -> Answer:
    """Return the error in the protocol that the request speaks."""
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return _cbor(status, code, message)
    if "HTTP_X_AMZ_TARGET" in environ or environ.get("CONTENT_TYPE", "").startswith("application/x-amz-json"):
        return _json(status, code, message, "application/x-amz-json-1.1")
    if service in _REST_XML or environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return _xml(service, status, code, message)
    if "Action=" in environ.get("QUERY_STRING", ""):
        return _xml(service, status, code, message)
    return _json(status, code, message, "application/json")


def _json(status: int, code: str, message: str, content_type: str) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, [("Content-Type", content_type), ("x-amzn-ErrorType", code), _request_id()], body


def _xml(service: str, status: int, code: str, message: str) -> Answer:
    fields = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "ec2":
        body = f"<Response><Errors><Error>{fields}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    elif service == "s3":
        body = f"<Error>{fields}<RequestId>{REQUEST_ID}</RequestId></Error>"
    else:
        side = "Sender" if status < 500 else "Receiver"
        error = f"<Error><Type>{side}</Type>{fields}</Error>"
        body = f"<ErrorResponse>{error}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return status, [("Content-Type", "text/xml"), _request_id()], text.encode()


def _cbor(status: int, code: str, message: str) -> Answer:
    def text(value: str) -> bytes:
        raw = value.encode()
        return b"\x7a" + len(raw).to_bytes(4, "big") + raw  # major type 3, four-byte length

    body = b"\xa2" + text("__type") + text(code) + text("message") + text(message)
    headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), _request_id()]
    return status, headers, body


def _request_id() -> tuple[str, str]:
    return "x-amzn-RequestId", REQUEST_ID
