"""Store by store: what was lost, and what the comparison of written and found came to."""

from collections.abc import Mapping
from typing import Any

from blackstart.report.compliance.case import Case
from blackstart.report.compliance.document import Block, Bullets, Cell, Heading, Text, table
from blackstart.report.quantities import MISSING, count, interval, part, plain, seconds
from blackstart.report.stores import at_failover, lost, stores

Rows = list[tuple[Cell | str, ...]]


def losses(case: Case) -> tuple[Block, ...]:
    """Return data loss by store, at the failover."""
    rows: Rows = [
        (
            plain(name, 60), one.drill.experiment, one.day, count(store.get("acknowledged")), _found(lost(store)),
            _found(interval(store.get("rpo"))), _found(_late(store)),
        )
        for one in case.cited
        for name, store in at_failover(one.drill.verdict)
    ]  # fmt: skip
    if not rows:
        return (Text("No store was read back in this period.", "missing"),)
    head = ("Store", "Drill", "Date", "Acknowledged", "Lost", "RPO achieved", "Lost after the fault")
    return Text("At the failover. A lag metric is never an RPO, and is not shown here.", "hint"), table(
        head, rows, (10, 18, 11, 13, 15, 20, 13)
    )


def _late(store: Mapping[str, Any]) -> str:
    late = _mapping(store.get("lost_after_fault"))
    return (
        f"{count(late.get('count'))} over {seconds(late.get('span_s'))}"
        if late.get("count")
        else count(late.get("count"))
    )


CHECKS = (
    ("phantoms", "found although refused or never sent"),
    ("rolled_back", "found in an older version than was acknowledged"),
    ("duplicates", "found more than once"),
    ("holes", "lost although a later write survived"),
    ("divergent", "left only on the old primary"),
    ("engine_gap", "commits past the switch point, by the engine itself"),
)


def integrity(case: Case) -> tuple[Block, ...]:
    """Return what the comparison of written and found came to, and what was not compared, with its reason."""
    rows: Rows = []
    reasons: dict[str, None] = {}
    for one in case.cited:
        for name, store in stores(one.drill.verdict):
            figures = (_found(_figure(store.get(field))) for field, _ in CHECKS)
            rows.append((plain(name, 60), one.drill.experiment, one.day, *figures))
            told = _mapping(store.get("not_measured")).items()
            reasons |= {f"{plain(field, 40).replace('_', ' ')}: {plain(why, 300)}.": None for field, why in told}
    if not rows:
        return (Text("No store was read back in this period: nothing is known about integrity.", "missing"),)
    head = ("Store", "Drill", "Date", *(field.replace("_", " ").capitalize() for field, _ in CHECKS))
    meaning = "; ".join(f"{field.replace('_', ' ')}: {says}" for field, says in CHECKS)
    blocks: list[Block] = [
        Text(f"{meaning[0].upper()}{meaning[1:]}.", "hint"),
        table(head, rows, (13, 15, 11, 10, 10, 11, 8, 11, 11)),
    ]
    return (*blocks, Heading("Not compared"), Bullets(tuple(reasons))) if reasons else tuple(blocks)


def _figure(value: Any) -> str:
    return (
        interval(value)
        if isinstance(value, Mapping) and part(value, "point_s") is not None
        else count(value.get("count") if isinstance(value, Mapping) else value)
    )


def _found(text: str) -> Cell:
    return Cell(text, "missing" if text == MISSING else "")


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
