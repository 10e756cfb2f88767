"""One AWS call, as the API sees it."""

from dataclasses import dataclass
from typing import Any

Environ = dict[str, Any]
"""A WSGI environment."""


@dataclass(frozen=True)
class Call:
    """One AWS call. ``operation`` is its API name; for an unknown service with a REST protocol, method and path."""

    service: str
    """The name that the service signs with, such as ``elasticloadbalancing``."""
    region: str
    operation: str
    parameters: dict[str, str]
    """The form fields of a query-protocol call, the members of a JSON one; else what stands in the query string."""

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"
