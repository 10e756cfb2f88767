"""The plan of a ledger that writes straight into a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from blackstart.observer.fields import Fields


@dataclass(frozen=True)
class DatabasePlan:
    """Where to write and as whom. ``host`` is resolved anew for each connection, by ``resolver`` (host:port) if given.

    ``statement`` is one write, with ``%(run)s %(writer)s %(seq)s %(key)s %(version)s``.
    """

    host: str
    port: int
    database: str
    user: str
    statement: str
    password: str = ""
    resolver: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        fields = Fields("database", data)
        needed = {name: fields.text(name) or "" for name in ("host", "database", "user", "statement")}
        for name, value in needed.items():
            if not value:
                raise fields.wrong(name, "must be a text")
        resolver = fields.text("resolver")
        if resolver is not None and not resolver.rpartition(":")[2].isdigit():
            raise fields.wrong("resolver", "must be host:port")
        return fields.done(
            cls(
                **needed,
                port=fields.whole("port", 5432, most=65535),
                password=fields.text("password") or "",
                resolver=resolver,
            )
        )


@dataclass(frozen=True)
class SqlLedgerPlan:
    """One SQL ledger: ``rate_per_s`` writes a second in all, dealt out to ``writers`` with one connection each."""

    name: str
    run: str
    database: DatabasePlan
    writers: int = 2
    rate_per_s: float = 50.0
    timeout_s: float = 2.0
    slo_s: float = 1.0
    kind: str = "sql"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        fields = Fields("ledger", data)
        fields.choice("kind", ("sql",), "sql")
        return fields.done(
            cls(
                name=fields.name(),
                run=fields.name("run"),
                database=DatabasePlan.from_json(fields.mapping("database")),
                writers=fields.whole("writers", 2, most=1000),
                rate_per_s=fields.number("rate_per_s", 50.0),
                timeout_s=fields.number("timeout_s", 2.0),
                slo_s=fields.number("slo_s", 1.0),
            )
        )
