"""What this evidence does not show: derived from what was not measured, not simulated or not read."""

from collections.abc import Iterator, Mapping
from typing import Any

from blackstart.report.phases import ALWAYS, NAMES, instants
from blackstart.report.quantities import plain
from blackstart.report.record import Record
from blackstart.report.stores import at_failover


def fidelity(record: Record) -> list[str]:
    """Return what was simulated and how, as the run stated it."""
    found = record.verdict.get("fidelity") or record.run.get("fidelity") or []
    return [plain(line) for line in found]


def limits(record: Record) -> list[str]:
    """Return what cannot be concluded, one sentence each; never empty."""
    found = [*_environment(record), *_unmeasured(record), *_stores(record), *_phases(record), *record.damage]
    return [*found, "One drill is one sample: it shows that this recovery happened, not how often it would."]


def _environment(record: Record) -> Iterator[str]:
    environment = record.verdict.get("environment") or record.run.get("environment") or {}
    if environment.get("kind") == "lab":
        yield "Measured in a two-region lab on one machine: the figures are not those of the real system on AWS."
    if environment.get("timing") == "fast":
        yield "Health checks, DNS and pods follow the fast timing profile: real ones take longer."
    if not environment.get("load"):
        yield "Not load-tested: recovery at the objective's minimum capacity was not shown."


def _unmeasured(record: Record) -> Iterator[str]:
    verdict = record.verdict
    if not verdict.get("faults"):
        yield "No fault is on record: nothing was recovered from."
    if not verdict.get("rto"):
        yield "Recovery time was not measured."
    if not verdict.get("downtime"):
        yield "Downtime was not measured."
    if not verdict.get("stores"):
        yield "No store was read back: nothing is known about data loss."


def _stores(record: Record) -> Iterator[str]:
    for name, store in at_failover(record.verdict):
        yield from _store(plain(name, 60), store)


UNREAD = {
    "lost": "the survivors were not read back: nothing is known about data loss.",
    "divergent": "the old primary's content was not read, so divergent writes and a split brain cannot be excluded.",
    "duplicates": "duplicates were not looked for.",
    "rolled_back": "versions were not compared, so rolled-back values cannot be excluded.",
    "engine_gap": "the engine's own gap was not read, so the loss has no independent check.",
}


def _store(name: str, store: Mapping[str, Any]) -> Iterator[str]:
    given = store.get("not_measured") or {}
    yield from (f"{name}: {meaning}" for field, meaning in UNREAD.items() if store.get(field) is None)
    yield from (f"{name}, {plain(field, 40)}: {plain(why)}." for field, why in given.items() if field not in UNREAD)
    if store.get("indeterminate"):
        yield f"{name}: {store['indeterminate']:,} writes had no answer; whether they count as lost is open."


def _phases(record: Record) -> Iterator[str]:
    seen = instants(record)
    absent = [NAMES[key].lower() for key in ALWAYS if key not in seen]
    if absent:
        yield f"Not observed, so not dated: {', '.join(absent)}."
