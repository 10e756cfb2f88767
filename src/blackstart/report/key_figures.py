"""The four figures beside the verdict, and recovery by each of the three clocks."""

from dataclasses import dataclass
from typing import Any

from blackstart.report.quantities import MISSING, bounds, count, interval, part, seconds
from blackstart.report.record import Record
from blackstart.report.standing import CLOCKS, Verdict, clock
from blackstart.report.stores import at_failover, lost_at_most, total, worst_rpo


@dataclass(frozen=True)
class Figure:
    """A name, a figure with its unit, and a line below it."""

    name: str
    value: str
    note: str

    @property
    def missing(self) -> bool:
        return self.value == MISSING


def key_figures(record: Record) -> list[Figure]:
    """Return recovery time, data loss, lost writes and downtime; an absent one says so."""
    verdict = record.verdict
    return [
        _interval("Recovery time (RTO)", verdict.get("rto"), clock(verdict)),
        _interval("Data loss (RPO)", worst_rpo(verdict), "age of the oldest lost write"),
        _lost(verdict),
        _interval("Downtime", verdict.get("downtime"), "as clients saw it"),
    ]


def _interval(name: str, value: Any, note: str) -> Figure:
    point, around = part(value, "point_s"), bounds(value)
    if point is None and around:
        return Figure(name, around, note)
    return Figure(name, seconds(point), f"{around} · {note}" if around else note)


def _lost(verdict: Verdict) -> Figure:
    found = at_failover(verdict)
    lost, acknowledged = total(found, "lost"), total(found, "acknowledged")
    if lost is None:
        return Figure("Lost writes", MISSING, "acknowledged, then gone")
    bounds_of = [lost_at_most(store) for _, store in found]
    most = sum(one for one in bounds_of if one is not None)
    parts = [f"at most {count(most)}"] if most != lost else []
    parts += [] if acknowledged is None else [f"of {count(acknowledged)} acknowledged"]
    return Figure("Lost writes", count(lost), " · ".join(parts))


def clocks(record: Record) -> list[tuple[str, str, bool]]:
    """Return recovery by each clock: its name, the figure, and whether the objective counts by it."""
    recovery = record.verdict.get("recovery") or {}
    fields = {"fault": "from_fault", "first_failure": "from_first_failure", "declared": "from_declaration"}
    counts = clock(record.verdict)
    return [(words, interval(recovery.get(fields[key])), words == counts) for key, words in CLOCKS.items()]
