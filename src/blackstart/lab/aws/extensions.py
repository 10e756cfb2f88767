"""Our services in place of moto's, put there when a service is called for the first time."""

from importlib import import_module
from types import ModuleType
from typing import Any

from moto.moto_server.werkzeug_app import create_backend_app

from blackstart.outcome import BlackstartError

_OURS = {
    "cloudwatch": "metrics:MetricsResponse",
    "elb": "balancing:BalancingResponse",
    "fis": "injection:InjectionResponse",
    "rds": "database:DatabaseResponse",
    "route53": "records:RecordsResponse",
    "sts": "identity:IdentityResponse",
}
"""moto's name of a service → our module in this package, and the response class in it (a subclass of moto's).

``elb`` stands for both generations of load balancers: moto tells them apart by the call's version.
"""


def application(service: Any) -> Any:
    """Return the Flask application of a moto service, with our operations in it."""
    if service in _OURS:
        module, name = _OURS[service].split(":")
        response = getattr(import_module(f"blackstart.lab.aws.{module}"), name)
        _substitute(import_module(f"moto.{service}.urls"), response)
    return create_backend_app(service)


def _substitute(urls: ModuleType, response: Any) -> None:
    """Put our response class where moto's stands: by name in the module, and bound into its paths."""
    theirs = [name for name, value in vars(urls).items() if isinstance(value, type) and issubclass(response, value)]
    if not theirs:
        raise BlackstartError(f"{urls.__name__} has no place for {response.__name__}: use the pinned version of moto")
    for name in theirs:
        vars(urls)[name] = response
    for path, handler in vars(urls)["url_paths"].items():
        if getattr(handler, "__name__", "") == "dispatch":
            vars(urls)["url_paths"][path] = response.dispatch
