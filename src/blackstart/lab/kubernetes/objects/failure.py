"""Failures of API calls, as the Status objects that Kubernetes answers."""

from blackstart.lab.kubernetes.objects.shape import Json
from blackstart.outcome import BlackstartError


class ApiError(BlackstartError):
    """A call that the API refuses: an HTTP code, a machine's reason and a sentence."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None):
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}

    def status(self) -> Json:
        """Return the Status object that is the answer's body."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def not_found(plural: str, name: str, group: str = "") -> ApiError:
    """Return a 404: no such object."""
    what = f"{plural}.{group}" if group else plural
    return ApiError(404, "NotFound", f'{what} "{name}" not found', {"name": name, "group": group, "kind": plural})


def no_such_path() -> ApiError:
    """Return a 404: nothing is served at that path."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(plural: str, name: str) -> ApiError:
    """Return a 409: an object of that name is there."""
    return ApiError(409, "AlreadyExists", f'{plural} "{name}" already exists', {"name": name, "kind": plural})


def conflict(plural: str, name: str, why: str) -> ApiError:
    """Return a 409: the object is not as the call expects."""
    message = f'Operation cannot be fulfilled on {plural} "{name}": {why}'
    return ApiError(409, "Conflict", message, {"name": name, "kind": plural})


def bad_request(why: str) -> ApiError:
    """Return a 400: the call cannot be read."""
    return ApiError(400, "BadRequest", why)


def forbidden(why: str) -> ApiError:
    """Return a 403: the call is understood and refused."""
    return ApiError(403, "Forbidden", why)


def unauthorized() -> ApiError:
    """Return a 401: nobody knows the caller."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def invalid(kind: str, name: str, field: str, why: str) -> ApiError:
    """Return a 422: a field's value cannot be taken."""
    details = {"name": name, "kind": kind, "causes": [{"reason": "FieldValueInvalid", "message": why, "field": field}]}
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {field}: {why}', details)


def expired(why: str) -> ApiError:
    """Return a 410: the revision is too old, list again."""
    return ApiError(410, "Expired", why)


def unsupported(why: str) -> ApiError:
    """Return a 415: the body's form is not known."""
    return ApiError(415, "UnsupportedMediaType", why)


def not_allowed(why: str) -> ApiError:
    """Return a 405: the method does not go with the path."""
    return ApiError(405, "MethodNotAllowed", why)


def unavailable(why: str) -> ApiError:
    """Return a 500: the call is in order, and the server is not."""
    return ApiError(500, "InternalError", why)
