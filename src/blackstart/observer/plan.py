"""What an observer shall observe, validated before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from blackstart.observer.canary_plan import CanaryPlan
from blackstart.observer.fields import Fields
from blackstart.observer.questions import question
from blackstart.observer.regions import Regions
from blackstart.observer.sql_plan import SqlLedgerPlan
from blackstart.outcome import UsageError

__all__ = ["Adaptive", "CanaryPlan", "LedgerPlan", "Plan", "RequestPlan"]

MOST_DURATION_S = 31_622_400.0  # a leap year
MOST_STABLE_S = 86_400.0
REDACTED = "(redacted)"
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|api-?key|password", re.IGNORECASE)


@dataclass(frozen=True)
class Adaptive:
    """Extra probes while an outage lasts: one every ``interval_ms``, no more than ``most_per_s`` of all canaries."""

    interval_ms: int = 3
    most_per_s: int = 400

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        fields = Fields("adaptive", data)
        return fields.done(
            cls(fields.whole("interval_ms", cls.interval_ms), fields.whole("most_per_s", cls.most_per_s, most=10_000))
        )


@dataclass(frozen=True)
class RequestPlan:
    """How one write is asked for; url, headers and body may hold {run} {writer} {seq} {key} {version}."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    acknowledged: tuple[int, ...] = (200, 201)
    ca_file: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        fields = Fields("request", data)
        return fields.done(
            cls(
                url=fields.url(),
                method=fields.choice("method", ("POST", "PUT", "PATCH"), "POST"),
                headers=fields.strings("headers"),
                body=fields.text("body"),
                acknowledged=fields.statuses("acknowledged", (200, 201)),
                ca_file=fields.text("ca_file"),
            )
        )


@dataclass(frozen=True)
class LedgerPlan:
    """One ledger: ``rate_per_s`` writes a second in all, dealt out to ``writers`` writers."""

    name: str
    run: str
    request: RequestPlan
    writers: int = 2
    rate_per_s: float = 50.0
    timeout_s: float = 2.0
    slo_s: float = 1.0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        fields = Fields("ledger", data)
        return fields.done(
            cls(
                name=fields.name(),
                run=fields.name("run"),
                request=RequestPlan.from_json(fields.mapping("request")),
                writers=fields.whole("writers", 2, most=1000),
                rate_per_s=fields.number("rate_per_s", 50.0),
                timeout_s=fields.number("timeout_s", 2.0),
                slo_s=fields.number("slo_s", 1.0),
            )
        )


def _ledger(data: Any) -> LedgerPlan | SqlLedgerPlan:
    by_sql = isinstance(data, Mapping) and data.get("kind") == "sql"
    return SqlLedgerPlan.from_json(data) if by_sql else LedgerPlan.from_json(data)


@dataclass(frozen=True)
class Plan:
    """All that one observer does. ``out`` is the history's folder; it must hold no history yet.

    ``linger_s``: how long it goes on after its runner died, so that the outage's end is still seen. ``stable_s``: how
    long all must stay good before an outage has ended, for whoever judges the record; None: the objectives say it.
    """

    served_by: tuple[str, ...]
    canaries: tuple[CanaryPlan, ...] = ()
    ledgers: tuple[LedgerPlan | SqlLedgerPlan, ...] = ()
    out: str = ""
    served_by_header: str = "X-Region"
    duration_s: float | None = None
    linger_s: float = 15.0
    stable_s: float | None = None
    adaptive: Adaptive | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Check and take over a plan. Raises UsageError that names the field."""
        fields = Fields("plan", data)
        plan = cls(
            served_by=fields.texts("served_by"),
            canaries=tuple(CanaryPlan.from_json(item) for item in fields.items("canaries")),
            ledgers=tuple(_ledger(item) for item in fields.items("ledgers")),
            out=fields.text("out") or "",
            served_by_header=fields.text("served_by_header") or "X-Region",
            duration_s=fields.number("duration_s", 0.0, most=MOST_DURATION_S) or None,
            linger_s=fields.number("linger_s", 15.0, least=0.0),
            stable_s=fields.number("stable_s", 0.0, most=MOST_STABLE_S) or None,
            adaptive=Adaptive.from_json(adaptive) if (adaptive := fields.mapping("adaptive")) else None,
        )
        plan.check()
        return fields.done(plan)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain data; ``from_json`` gives an equal plan back."""
        data: dict[str, Any] = asdict(self)
        return data

    def recorded(self) -> dict[str, Any]:
        """Return the plan without passwords and the values of secret headers, to be kept with the evidence."""
        data = self.as_json()
        data["canaries"] = [plan.recorded(canary) for plan, canary in zip(self.canaries, data["canaries"], strict=True)]
        for ledger in data["ledgers"]:
            if "database" in ledger:
                ledger["database"] |= {"password": REDACTED}
                continue
            headers = ledger["request"]["headers"]
            ledger["request"]["headers"] = {
                name: REDACTED if _SECRET_HEADER.search(name) else value for name, value in headers.items()
            }
        return data

    def check(self) -> None:
        """Raise UsageError where parts contradict each other."""
        for kind, parts in (("canary", self.canaries), ("ledger", self.ledgers)):
            names = [part.name for part in parts]
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise UsageError(f"observer plan: two {kind} instruments are named {min(twice)!r}; rename one")
        if not self.canaries and not self.ledgers:
            raise UsageError("observer plan: has neither canaries nor ledgers; there is nothing to observe")
        for canary in self.canaries:
            question(canary, Regions(self.served_by, self.served_by_header))
