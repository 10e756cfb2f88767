"""What one canary shall ask, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from blackstart.observer.fields import Fields

MOST_TIMEOUT_S = 600.0
"""Whoever ends an observation waits for the answers that are still owed."""
KINDS = {"http": "http", "https": "http", "tcp": "tcp", "dns": "dns", "postgresql": "sql", "postgres": "sql"}
"""The kind of a canary by the scheme of its URL."""


@dataclass(frozen=True)
class CanaryPlan:
    """One canary: a question every ``interval_ms``; good = the right answer within ``slo_s`` of its schedule.

    ``url`` says what is asked: http(s)://…, tcp://HOST:PORT, dns://RESOLVER:PORT/NAME?type=A or
    postgresql://USER@HOST:PORT/DATABASE. ``expect_body`` is a text that the body holds, or a value among the answers
    of a name. ``resolver`` (host:port) knows the URL's host; None means the machine's own. ``access`` and ``password``
    are a database's; the password stays out of every record.
    """

    name: str
    url: str
    interval_ms: int = 100
    slo_s: float = 1.0
    timeout_s: float = 2.0
    host: str | None = None
    expect_status: tuple[int, ...] = (200,)
    expect_body: str | None = None
    ca_file: str | None = None
    resolver: str | None = None
    access: str = "write"
    password: str | None = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """What is asked: "http", "tcp", "dns" or "sql"."""
        return KINDS[urlsplit(self.url).scheme]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        fields = Fields("canary", data)
        if fields.number("slo_s", 1.0) > fields.number("timeout_s", 2.0, most=MOST_TIMEOUT_S):
            raise fields.wrong("slo_s", "must not exceed timeout_s")
        plan = cls(
            name=fields.name(),
            url=fields.url(tuple(KINDS)),
            interval_ms=fields.whole("interval_ms", 100),
            slo_s=fields.number("slo_s", 1.0),
            timeout_s=fields.number("timeout_s", 2.0),
            host=fields.text("host"),
            expect_status=fields.statuses("expect_status", (200,)),
            expect_body=fields.text("expect_body"),
            ca_file=fields.text("ca_file"),
            resolver=fields.text("resolver"),
            access=fields.choice("access", ("read", "write"), "write"),
            password=fields.text("password"),
        )
        fields.choice("kind", (plan.kind,), plan.kind)
        return fields.done(plan)

    def recorded(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the plan's plain data as it may be kept with the evidence: its kind told, its password not."""
        return data | {"kind": self.kind, "password": None if self.password is None else "(redacted)"}
