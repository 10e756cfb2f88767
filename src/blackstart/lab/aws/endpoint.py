"""The one endpoint: dead regions stay silent, refusals are honest, accepted changes reach the plant."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.core.responses import BaseResponse
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication

from blackstart.lab.aws import effects, errors, ingress, refusals, scope
from blackstart.lab.aws.call import Call, Environ
from blackstart.lab.aws.context import Context
from blackstart.lab.aws.errors import Answer
from blackstart.lab.aws.plant import PlantError

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Endpoint:
    """A WSGI application that answers every AWS call of the lab.

    ``own`` are the services that moto lacks, by signing name. Calls of one service run one after the other, since
    moto's state is not made for threads; what they do to the plant runs outside that lock.
    """

    def __init__(self, context: Context, moto: DomainDispatcherApplication, own: dict[str, type[BaseResponse]]) -> None:
        self._context = context
        self._moto = moto
        self._own = own
        self._locks: dict[str, threading.Lock] = {}

    def turn(self, service: str) -> threading.Lock:
        """Return the lock under which that service, by its signing name, is called."""
        return self._locks.setdefault(service, threading.Lock())

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic_ns()
        call = scope.read(environ) or Call("", "", f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}", {})
        if self._context.power.silences(call):
            self._context.power.hang(call.region, environ.get("werkzeug.socket"))
            _log(call, began, "region has no power")
            raise ConnectionAbortedError  # werkzeug closes the connection without an answer
        status, headers, body = self._answer(environ, call)
        _log(call, began, status)
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    def _answer(self, environ: Environ, call: Call) -> Answer:
        effect = effects.of(call)
        try:
            if effect is not None:
                self._context.plant.check()
            with self.turn(call.service):
                answer = self._handled(environ, call)
            if effect is not None and answer[0] < HTTPStatus.MULTIPLE_CHOICES:
                effect(self._context, call.region)
        except refusals.Refused as refusal:
            return _refused(environ, call, str(refusal))
        except NotImplementedError:
            return self._lacking(environ, call)
        except PlantError as error:
            return errors.answer(environ, call.service, 500, "InternalFailure", f"{call.name}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever moto trips over, the client gets an AWS error
            message = f"{call.name} broke in the lab: {type(error).__name__}: {error}"
            return errors.answer(environ, call.service, 500, "InternalFailure", message)
        return self._lacking(environ, call) if _is_no_answer(call, answer) else answer

    def _handled(self, environ: Environ, call: Call) -> Answer:
        reason = refusals.of(call) or ingress.unserved(call)
        if reason is not None:
            return _refused(environ, call, reason)
        response = self._own.get(call.service)
        if response is not None:
            status, headers, body = response.dispatch(BackendRequest(environ))
            return int(status), [(name, str(value)) for name, value in headers.items()], _encoded(body)
        return _collected(self._moto, environ)

    def _lacking(self, environ: Environ, call: Call) -> Answer:
        message = f"the lab does not have {call.name}"
        return errors.answer(environ, call.service, 501, "NotImplemented", message)


def _refused(environ: Environ, call: Call, reason: str) -> Answer:
    return errors.answer(environ, call.service, 501, "NotImplemented", f"{call.name}: {reason}")


class Moto(DomainDispatcherApplication):
    """moto's own dispatcher, but a service that it does not know is an honest error."""

    def get_backend_for_host(self, host: str | None) -> Any:
        backend = super().get_backend_for_host(host)
        if backend in (None, "moto_api", "instance_metadata"):
            if host is None:
                return None  # unsigned: moto tells the service from the body and asks again
            raise NotImplementedError(host)
        return backend


def _collected(application: Any, environ: Environ) -> Answer:
    captured: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        captured[:] = [int(status.split(maxsplit=1)[0]), headers]

    body = b"".join(application(environ, start_response))
    return captured[0], captured[1], body


def _is_no_answer(call: Call, answer: Answer) -> bool:
    """Return whether moto had no operation for the call: a bare 404, or a page for a browser."""
    status, headers, body = answer
    if status < HTTPStatus.BAD_REQUEST or call.service == "s3":
        return False
    return not body or (
        any(name.lower() == "content-type" and "html" in value for name, value in headers)
        and (b"<html" in body[:200].lower())
    )


def _encoded(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _log(call: Call, began: int, result: int | str) -> None:
    line = {"t": began, "call": call.name, "region": call.region, "result": result}
    line["ms"] = round((time.monotonic_ns() - began) / 1e6, 1)
    sys.stderr.write(json.dumps(line) + "\n")
