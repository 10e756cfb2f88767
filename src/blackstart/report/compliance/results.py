"""Objective by objective and phase by phase: what was asked, what was found, in which drill."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blackstart.report.compliance.case import Case, Cited
from blackstart.report.compliance.document import Block, Cell, Heading, Table, Text, table
from blackstart.report.objectives import WORDS, look_of
from blackstart.report.phases import NAMES, instants
from blackstart.report.quantities import MISSING, after, asked, bounds, count, interval, plain
from blackstart.report.stores import at_failover

LOOKS = {"within": "good", "over": "bad", "undecided": "open", "missing": "missing", "plain": "missing"}
ABREAST = 3
NOT_TESTED = "no drill in this period"
Rows = list[tuple[Cell | str, ...]]


def objectives(case: Case) -> tuple[Block, ...]:
    """Return each objective with the drills that tested it, and those that none tested."""
    rows = asked_for(case)
    intro = (
        "Within needs a drill that decided, and the latest bound within the objective. A drill that was inconclusive, "
        "aborted or refused decides nothing, whatever was measured. The evidence is the run's verdict.json; "
        "the signs are the first of its SHA-256, the index at the end has all."
    )
    if not rows:
        return (Text("No objective was asked for, and no drill is on record.", "missing"),)
    head = ("Objective", "Drill", "Date", "Evidence", "Found", "Verdict")
    return Text(intro, "hint"), table(head, rows, (25, 18, 10, 13, 18, 16))


def asked_for(case: Case) -> Rows:
    """Return a row for each objective and drill: by experiment, then objective, then date; the untested ones last."""
    tested = [row for one in case.cited for row in _of(case, one)]
    order = list(dict.fromkeys(str(row[0]) for row in tested))
    return [*sorted(tested, key=lambda row: (str(row[1]), order.index(str(row[0])))), *_untested(case)]


def tally(case: Case) -> Block:
    """Return how often each objective was within, over, and not decided."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for what, experiment, *_, word in asked_for(case):
        counts.setdefault((str(experiment), str(what)), Counter())[_kind(word)] += 1
    head = ("Drill", "Objective", "Within", "Over", "Not decided", "Not tested")
    rows: Rows = [(*key, *(_number(found[kind], kind) for kind in KINDS)) for key, found in counts.items()]
    return table(head, rows, (22, 34, 10, 10, 13, 11)) if rows else Text("No objective was asked for.", "missing")


KINDS = ("good", "bad", "open", "missing")


def _kind(word: Cell | str) -> str:
    """Return the column that a verdict counts in: what was not measured in a drill that took place is not decided."""
    if not isinstance(word, Cell):
        return "open"
    return "open" if word.look == "missing" and word.text != NOT_TESTED else word.look


def _number(number: int, kind: str) -> Cell:
    return Cell(str(number), kind if number and kind != "missing" else "")


def _of(case: Case, one: Cited) -> Iterator[tuple[Cell | str, ...]]:
    given = one.drill.objectives
    programme = case.programme.targets(one.drill.experiment) if case.programme else None
    rto_s, rpo_s = (_limit(given.get(name)) for name in ("rto_s", "rpo_s"))
    by = {rto_s: "", **({programme.rto_s: ", by the programme"} if programme and programme.rto_s != rto_s else {})}
    for limit, whose in by.items():
        if limit is not None:
            yield _row(one, f"Recovery time at most {asked(limit)}{whose}", limit, one.drill.rto())
    for name, store in at_failover(one.drill.verdict) or [("all stores", {})]:
        own = _limit((_mapping(_mapping(given.get("stores")).get(name))).get("rpo_s"))
        limit = rpo_s if own is None else own
        if limit is not None:
            yield _row(one, f"Data loss in {plain(name, 40)} at most {asked(limit)}", limit, store.get("rpo"))
    yield from _counted(one, given)


def _counted(one: Cited, given: Mapping[str, Any]) -> Iterator[tuple[Cell | str, ...]]:
    most, warm_s = given.get("failed_requests"), _limit(given.get("warm_s"))
    if isinstance(most, int):
        found = one.drill.verdict.get("failed_requests")
        look = "missing" if not isinstance(found, int) else "within" if found <= most else "over"
        yield _line(one, f"At most {count(most)} failed requests", count(found), look)
    if warm_s is not None:
        yield _row(one, f"Latency back within {asked(warm_s)}", warm_s, one.drill.verdict.get("warm"))


def _row(one: Cited, what: str, limit: float, found: Any) -> tuple[Cell | str, ...]:
    return _line(one, what, interval(found), look_of(limit, found))


def _line(one: Cited, what: str, found: str, look: str) -> tuple[Cell | str, ...]:
    drill = one.drill
    word = Cell(WORDS[look], LOOKS[look]) if drill.decided else Cell(f"not decided: {drill.outcome}", "open")
    evidence = Cell(one.verdict_sha256, "code")
    return what, drill.experiment, one.day, evidence, Cell(found, "missing" if found == MISSING else ""), word


def _untested(case: Case) -> Iterator[tuple[Cell | str, ...]]:
    """Yield what the programme asks for and no drill of the period has tested."""
    if case.programme is None:
        return
    nothing = Cell(NOT_TESTED, "missing")
    for planned in case.programme.drills:
        if planned.experiment not in case.experiments:
            targets = case.programme.targets(planned.experiment)
            limits = [("Recovery time", targets.rto_s), ("Data loss", targets.rpo_s)]
            told = [f"{name} at most {asked(limit)}" for name, limit in limits if limit is not None] or [
                "Planned drill"
            ]
            yield from ((one, plain(planned.experiment, 60), "–", "–", "–", nothing) for one in told)
    read = {name for one in case.decided for name in one.drill.stores}
    for name, store in case.programme.objectives.stores.items():
        if name not in read:
            yield f"Data loss in {plain(name, 40)} at most {asked(store.rpo_s)}", "any", "–", "–", "–", nothing


def phases(case: Case) -> tuple[Block, ...]:
    """Return recovery by phase: a table an experiment, its drills abreast."""
    blocks: list[Block] = [Text("After the fault, with earliest and latest bound.", "hint")]
    for experiment in case.experiments:
        found = [one for one in case.cited if one.drill.experiment == experiment and instants(one.record)]
        for first in range(0, len(found), ABREAST):
            blocks += [Heading(f"{experiment}"), _abreast(found[first : first + ABREAST])]
    return tuple(blocks) if len(blocks) > 1 else (Text("No phase was observed in this period.", "missing"),)


def _abreast(found: Sequence[Cited]) -> Table:
    seen = [instants(one.record) for one in found]
    names = [name for name in NAMES if any(name in one for one in seen)]
    rows: Rows = [("Verdict", *(f"{one.drill.outcome}" for one in found))]
    rows += [(NAMES[name], *(_at(one.get(name)) for one in seen)) for name in names]
    width = 75 // len(found)
    return table(("Phase", *(f"{one.day}, {one.name}" for one in found)), rows, (25, *(width for _ in found)))


def _at(at: Mapping[str, float] | None) -> Cell:
    if not at:
        return Cell("not observed", "missing")
    around = bounds(at)
    return Cell(f"{after(at['point_s'])} ({around})" if around else after(at["point_s"]))


def _limit(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
