"""The course of events: what happened, in order, in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blackstart.report.phases import NAMES, key
from blackstart.report.quantities import NANOSECONDS, after, plain, seconds
from blackstart.report.record import Record

MOST = 400


@dataclass(frozen=True)
class Step:
    """One event; ``look`` is bad where something went wrong."""

    at: str
    text: str
    look: str = ""


def course(record: Record) -> tuple[list[Step], int]:
    """Return at most MOST events in order, and how many more there are."""
    steps = [step for event in record.events if (step := _step(record, event)) is not None]
    return steps[:MOST], max(0, len(steps) - MOST)


def _step(record: Record, event: Mapping[str, Any]) -> Step | None:
    told = _told(str(event.get("event")), event)
    if told is None:
        return None
    instant = event.get("t", event.get("started"))
    return Step(after(record.offset_s(instant)) if instant is not None else "", *told)


SILENT = {"window", "activity_started"}  # the strips show the one, the activity's end tells of its start as well


def _told(kind: str, event: Mapping[str, Any]) -> tuple[str, str] | None:
    if kind in SILENT:
        return None
    tell = _TELLERS.get(kind)
    if tell is None:
        return f"{plain(kind, 60)}: {', '.join(_rest(event))}", ""
    return tell(event)


def _rest(event: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{plain(name, 40)} {plain(given, 120)}" for name, given in event.items() if name not in {"t", "event"})


def _steady(event: Mapping[str, Any]) -> tuple[str, str]:
    met = event.get("met")
    why = f": {plain(event['reason'], 240)}" if event.get("reason") else ""
    return (
        f"steady state {plain(event.get('when'), 20)} the drill {'held' if met else 'did not hold'}{why}",
        "" if met else "bad",
    )


def _activity(event: Mapping[str, Any]) -> tuple[str, str]:
    began, ended = event.get("started"), event.get("ended")
    took = f" in {seconds((ended - began) / NANOSECONDS)}" if isinstance(began, int) and isinstance(ended, int) else ""
    failed = event.get("status") != "succeeded"
    why = f": {plain(event['error'], 300)}" if event.get("error") else ""
    what = f"{plain(event.get('section'), 40)} {plain(event.get('type'), 20)} “{plain(event.get('name'), 160)}”"
    return f"{what} {plain(event.get('status'), 20)}{took}{why}", "bad" if failed else ""


def _phase(event: Mapping[str, Any]) -> tuple[str, str]:
    name = key(event.get("name"))
    return f"phase: {NAMES.get(name, plain(name, 60)).lower()} (source: {plain(event.get('source'), 120)})", ""


def _interrupted(event: Mapping[str, Any]) -> tuple[str, str]:
    return f"interrupted by {plain(event.get('signal'), 40)} in phase {plain(event.get('phase'), 60)}", "bad"


def _observer(event: Mapping[str, Any]) -> tuple[str, str]:
    detail = f": {plain(event['detail'], 240)}" if event.get("detail") else ""
    return f"observer {plain(event.get('state'), 20)}{detail}", "bad" if event.get("state") == "died" else ""


def _restoration(event: Mapping[str, Any]) -> tuple[str, str]:
    left = f": {', '.join(plain(one, 200) for one in event['remaining'])}" if event.get("remaining") else ""
    return f"restoration: {plain(event.get('state'), 20)}{left}", "" if event.get("state") == "restored" else "bad"


_TELLERS: dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "started": lambda event: ("drill started", ""),
    "steady_state": _steady,
    "activity": _activity,
    "phase": _phase,
    "interrupted": _interrupted,
    "observer": _observer,
    "restoration": _restoration,
    "refused": lambda event: (f"refused: {plain(event.get('reason'), 300)}", "bad"),
    "note": lambda event: (plain(event.get("text"), 300), ""),
}
