"""Where the drill ran and with which versions."""

from collections.abc import Mapping
from typing import Any

from blackstart.report.quantities import plain
from blackstart.report.record import Record

Facts = list[tuple[str, str]]


def surroundings(record: Record) -> Facts:
    """Return the run's identity and environment as (name, value)."""
    environment = record.verdict.get("environment") or record.run.get("environment") or {}
    named = {
        "Run": record.verdict.get("run"),
        "Experiment": record.verdict.get("experiment"),
        "Failover": record.verdict.get("failover") or record.run.get("failover"),
        "Recovers in": record.verdict.get("recovers_in") or record.run.get("recovers_in"),
        "Started": record.verdict.get("started_at") or record.run.get("started_at"),
        "Clock": _clock(record.clock),
        "Environment": environment.get("kind"),
        "Accounts": environment.get("accounts"),
        "Regions": environment.get("regions"),
        "Timing": environment.get("timing"),
        "Database engine": environment.get("engine"),
        "Declared load": environment.get("load"),
    }
    return [(name, value(given)) for name, given in named.items()]


def versions(record: Record) -> Facts:
    """Return each program's version."""
    found = record.verdict.get("versions") or record.run.get("versions") or {}
    return [(plain(name, 80), value(version)) for name, version in sorted(found.items())]


def value(given: Any) -> str:
    """Return a value of the record in words."""
    if isinstance(given, Mapping):
        return ", ".join(f"{plain(name, 80).replace('_', ' ')} {value(one)}" for name, one in given.items()) or "none"
    if isinstance(given, list | tuple):
        return ", ".join(value(one) for one in given) or "none"
    return "not recorded" if given is None else plain(given, 300)


def _clock(clock: Mapping[str, Any]) -> str | None:
    wall, zero = clock.get("wall_zero"), clock.get("monotonic_zero_ns")
    return None if wall is None or zero is None else f"{plain(wall, 60)} is monotonic {zero} ns"
