"""``scorecard.json``: the same as the page, for machines. An absent measurement is null, never 0."""

from statistics import median
from typing import Any

from blackstart.judge.statistics import CONFIDENCE, change_point, comparisons
from blackstart.report.drills import Drill
from blackstart.report.scorecard import regressions
from blackstart.report.scorecard.card import Card
from blackstart.report.scorecard.due import Planned
from blackstart.report.scorecard.measures import Measure, Series
from blackstart.report.scorecard.pairs import Pair
from blackstart.report.scorecard.proof import proofs

SCHEMA = 1
OUTCOMES = ("met", "missed", "inconclusive", "aborted", "refused")


def data(card: Card) -> dict[str, Any]:
    """Return the scorecard as JSON data. The same drills, programme and moment give the same data."""
    return {
        "schema": SCHEMA,
        "written_at": card.written.isoformat(timespec="seconds"),
        "system": card.programme.system if card.programme else None,
        "owner": card.programme.owner if card.programme else None,
        "plan_version": card.programme.plan.version if card.programme and card.programme.plan else None,
        "outcomes": {name: card.tally[name] for name in OUTCOMES},
        "attention": [{"text": point.text, "grave": point.grave} for point in card.points],
        "unreadable": [{"run": one.name, "why": one.why} for one in card.drills.unreadable],
        "planned": [_planned(one) for one in card.planned],
        "unplanned": list(card.unplanned),
        "never_tested": list(card.untested),
        "series": [_series(one) for one in card.series],
        "manual_against_automated": [_pair(one) for one in card.pairs],
    }


def _planned(one: Planned) -> dict[str, Any]:
    return {
        "experiment": one.experiment,
        "every_days": one.every_days,
        "last_decided": None if one.last is None else one.last.name,
        "due": None if one.due is None else one.due.isoformat(),
        "state": one.state,
        "overdue_days": one.overdue_days,
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "system": series.system,
        "experiment": series.experiment,
        "surroundings": series.surroundings,
        "outcomes": {name: series.tally[name] for name in OUTCOMES},
        "drills": [_drill(drill) for drill in (*series.drills, *series.refused)],
        "proofs": [
            {"what": one.what, "drills": one.drills, "met": one.met, "confidence": CONFIDENCE,
             "at_least": round(one.bound, 6), "text": one.text}
            for one in proofs(series)
        ],
        "measures": {measure.key: _measure(measure) for measure in series.measures},
    }  # fmt: skip


def _drill(drill: Drill) -> dict[str, Any]:
    return {
        "run": drill.name,
        "title": drill.title,
        "started_at": drill.started.isoformat(timespec="milliseconds"),
        "outcome": drill.outcome,
        "failover": drill.failover,
        "rto": drill.rto(),
        "rpo": drill.rpo,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    found = measure.counted_s
    change = change_point(found)
    return {
        "target_s": measure.target_s,
        "target_by": measure.target_by or None,
        "within": None if measure.target_s is None else measure.within,
        "counted_latest_s": found,
        "median_s": median(found) if found else None,
        "highest_s": max(found) if found else None,
        "comparisons": [
            {"newest": one.newest, "earlier": one.earlier, "p": round(one.p, 6), "least_p": round(one.least_p, 6),
             "growth": _finite(one.growth), "regression": one.regression}
            for one in comparisons(found)
        ],
        "change_point": None if change is None else
        {"first": change.first, "p": round(change.p, 6), "growth": _finite(change.growth), "shown": change.shown},
        "texts": [one.text for one in regressions.told(measure)],
    }  # fmt: skip


def _finite(growth: float) -> float | None:
    return None if growth == float("inf") else round(growth, 6)


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "system": pair.system,
        "surroundings": pair.surroundings,
        "manual": pair.manual.name,
        "automated": pair.automated.name,
        "phases": [
            {"name": row.name, "manual": row.manual.at, "automated": row.automated.at, "difference": row.difference}
            for row in pair.rows
        ],
    }
