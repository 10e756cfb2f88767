"""What the scorecard's page shows, in words and places."""

from collections import Counter
from typing import Any

from blackstart.judge.statistics import CONFIDENCE
from blackstart.report.key_figures import Figure
from blackstart.report.quantities import MISSING, asked, counted, interval, moment, plain
from blackstart.report.scorecard import pairs, regressions
from blackstart.report.scorecard.card import Card
from blackstart.report.scorecard.measures import Measure, Series
from blackstart.report.scorecard.proof import MISSES, percent, proofs, spread, table
from blackstart.report.scorecard.trend import SIGNS, trend
from blackstart.report.standing import OUTCOMES, standing
from blackstart.report.stores import AFTER_FAILBACK, at_failback, at_failover, lost


def content(card: Card) -> dict[str, Any]:
    """Return what the page's template needs."""
    return {
        "title": _title(card),
        "meta": _meta(card),
        "standing": card.standing,
        "points": card.points,
        "figures": _figures(card),
        "with_programme": card.programme is not None,
        "planned": card.planned,
        "unplanned": card.unplanned,
        "untested": card.untested,
        "unreadable": card.drills.unreadable,
        "series": [_series(one, f"series-{number}", card) for number, one in enumerate(card.series, 1)],
        "pairs": [(pair, pairs.words(pair)) for pair in card.pairs],
        "drills": [_drill(drill) for drill in reversed(card.drills.readable)],
        "levels": table(),
        "misses": MISSES,
        "sure": percent(CONFIDENCE),
    }


def _title(card: Card) -> str:
    systems = {drill.system for drill in card.drills.readable}
    systems |= {plain(card.programme.system, 80)} if card.programme else set()
    return f"Drills of {', '.join(sorted(systems))}" if 0 < len(systems) <= 3 else "Drills"


def _meta(card: Card) -> list[str]:
    given = card.programme
    started = [drill.started for drill in card.drills.readable]
    told = [f"{counted(len(started), 'drill')}"]
    if started:
        told.append(f"{started[0]:%d %b %Y} to {started[-1]:%d %b %Y}")
    if given:
        told.append(f"owner: {plain(given.owner, 120) if given.owner else 'not given'}")
        told.append(f"plan version: {plain(given.plan.version, 80) if given.plan else 'not given'}")
    return [*told, f"written {moment(card.written.isoformat())}"]


def _figures(card: Card) -> list[Figure]:
    tally, total = card.tally, len(card.drills.readable)
    open_ = sum(tally[name] for name in ("inconclusive", "aborted", "refused"))
    owed = sum(one.owed for one in card.planned)
    return [
        Figure("Drills met", f"{tally['met']} of {total}", _rest(tally)),
        Figure("Without an answer", str(open_ + len(card.drills.unreadable)), "never counted as met"),
        Figure(
            "Planned drills owed",
            f"{owed} of {len(card.planned)}" if card.programme else "not known",
            "overdue, or never decided" if card.programme else "no programme.yaml",
        ),
        Figure("Objectives never tested", str(len(card.untested)), "by a drill that decided"),
    ]


def _rest(tally: Counter[str]) -> str:
    told = [f"{tally[name]} {name}" for name in OUTCOMES if name != "met" and tally[name]]
    return " · ".join(told) or "none missed or undecided"


def _series(series: Series, anchor: str, card: Card) -> dict[str, Any]:
    alike = sum(other.experiment == series.experiment for other in card.series) > 1
    return {
        "where": f"{series.system}, {series.surroundings}" if alike else "",
        "anchor": anchor,
        "experiment": series.experiment,
        "title": series.newest.title,
        "about": f"{series.system} · {series.surroundings}" + _way(series),
        "tally": [(OUTCOMES[name].sign, series.tally[name], name) for name in OUTCOMES if series.tally[name]],
        "proofs": proofs(series),
        "measures": [_measure(one) for one in series.measures],
    }


def _way(series: Series) -> str:
    given = pairs.way(series)
    return f" · {given} failover" if given in {"manual", "automated"} else ""


def _measure(measure: Measure) -> dict[str, Any]:
    asked_for = "no target"
    if measure.target_s is not None:
        asked_for = f"dashed: the target, at most {asked(measure.target_s)}, from {measure.target_by}"
    return {
        "name": measure.name,
        "note": measure.note,
        "target": asked_for,
        "trend": trend(measure),
        "spread": spread(measure),
        "told": regressions.told(measure),
    }


def _drill(drill: Any) -> dict[str, Any]:
    now = standing(drill.verdict)
    return {
        "name": drill.name,
        "started": f"{drill.started:%Y-%m-%d %H:%M}",
        "experiment": drill.experiment,
        "about": f"{drill.system}, {drill.surroundings}",
        "look": drill.outcome,
        "sign": SIGNS.get(drill.outcome, "⊘"),
        "word": OUTCOMES[drill.outcome].word,
        "left": "" if now.key not in {"broken", "holding"} else now.word,
        "rto": interval(drill.rto()),
        "rpo": interval(drill.rpo),
        "lost": _lost(drill),
    }


def _lost(drill: Any) -> str:
    told = [f"{plain(name, 40)}: {lost(store)}" for name, store in at_failover(drill.verdict)]
    told += [
        f"{plain(name.removesuffix(AFTER_FAILBACK), 40)}, after the failback: {lost(store)}"
        for name, store in at_failback(drill.verdict)
    ]
    return "; ".join(told) or MISSING
