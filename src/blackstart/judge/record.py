"""The run folder, read once into one frozen record: the only place of judging that touches files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart.history import History, Ledger, Result, Samples, Survivors, WriteOutcome
from blackstart.judge.acts import Act, fold
from blackstart.judge.interval import NS
from blackstart.judge.series import Series
from blackstart.judge.stalls import Stalls, Times
from blackstart.judge.wall_clock import WallClock, widened

Json = Mapping[str, Any]

FIRST_STATUS = 100
_NO_REPLY = np.array(
    [Result.OTHER, Result.TIMEOUT, Result.REFUSED, Result.RESET, Result.OTHER, Result.OTHER, Result.INVALID], np.uint8
)
"""What a write's error code below FIRST_STATUS means, by the numbers that the observer gives them."""

PIECE = 1 << 20
"""Writes told apart together: bounds the copies."""

FOREVER_S = 10.0
"""The longest wait assumed of an instrument whose plan was not recorded."""


@dataclass(frozen=True)
class Record:
    """All that was recorded of one run. ``damage`` holds a sentence for each thing that is missing or not whole.

    ``series`` and ``ledgers`` are keyed by the instrument's name, ``survivors`` by (store, label). ``began`` and
    ``ended`` are the observer's clock.json and observer.json.
    """

    name: str
    run: Json
    events: tuple[Json, ...]
    acts: tuple[Act, ...]
    series: Mapping[str, Series]
    ledgers: Mapping[str, Ledger]
    survivors: Mapping[tuple[str, str], Survivors]
    watches: Mapping[str, Any]
    regions: tuple[str, ...]
    beats: Times
    began: Json | None
    ended: Json | None
    damage: tuple[str, ...]

    @property
    def zero_ns(self) -> int:
        return int((self.run.get("clock") or {}).get("monotonic_zero_ns") or 0)

    @property
    def objectives(self) -> Json:
        return self.run.get("objectives") or {}

    @property
    def instruments(self) -> list[Json]:
        return list(self.run.get("instruments") or [])

    @property
    def stalls(self) -> Stalls:
        return Stalls.from_heartbeats(self.beats)

    @property
    def wall_clock(self) -> WallClock:
        """The wall clock at the run's beginning, and at the observer's beginning and end."""
        run, began, ended = self.run.get("clock") or {}, self.began or {}, self.ended or {}
        return WallClock.of(
            (run.get("monotonic_zero_ns"), run.get("wall_zero")),
            (began.get("monotonic_ns"), began.get("wall")),
            (ended.get("ended_ns"), ended.get("wall")),
        )

    @property
    def phases(self) -> list[Json]:
        """The recorded phases, in order, those by the wall clock as uncertain as that was."""
        return widened(self.named("phase"), self.wall_clock)

    def named(self, event: str) -> list[Json]:
        """Return the events of one name, in order."""
        return [line for line in self.events if line.get("event") == event]


def nothing(name: str) -> Record:
    """Return the record of a run that left none."""
    return Record(name, {}, (), (), {}, {}, {}, {}, (), np.zeros(0, np.int64), None, None, ())


def read(run_dir: Path) -> Record:
    """Read a run folder, however little of it there is. What cannot be read is named in ``damage``."""
    damage: list[str] = []
    run = _object(run_dir / "run.json", damage)
    events = _lines(run_dir / "events.jsonl", damage)
    undo = _lines(run_dir / "undo.jsonl", damage)
    history = History.open(run_dir / "history")
    damage += [f"history/{sentence}" for sentence in flaws(history)]
    return Record(
        name=run_dir.resolve().name,
        run=run,
        events=tuple(events),
        acts=tuple(fold(undo)),
        series=all_series(history),
        ledgers=history.ledgers,
        survivors=history.survivors,
        watches=history.watches,
        regions=history.served_by,
        beats=np.zeros(0, np.int64) if history.heartbeat is None else history.heartbeat.beats,
        began=history.clock,
        ended=history.ended,
        damage=tuple(damage),
    )


def flaws(history: History) -> list[str]:
    """Return a sentence for all that is missing from a history or not whole; it begins with the file's name."""
    missing = [f"{name}: {why}" for name, why in sorted(history.missing.items())]
    return [*missing, *_short(history), *_namesakes(history), *_unplanned(history)]


def _short(history: History) -> list[str]:
    """Compare what was recorded with what the observer says that it recorded: a file may be cut between records."""
    counts: Json = (history.ended or {}).get("counts") or {}
    found = {f"canary-{name}.bin": len(samples) for name, samples in history.canaries.items()}
    found["heartbeat.bin"] = 0 if history.heartbeat is None else len(history.heartbeat)
    found |= {f"ledger-{name}.bin": int(np.count_nonzero(it.sent)) for name, it in history.ledgers.items()}
    told = {f"canary-{name}.bin": sum(n.values()) for name, n in (counts.get("canaries") or {}).items()}
    told |= {"heartbeat.bin": counts["beats"]} if "beats" in counts else {}
    told |= {f"ledger-{name}.bin": n.get("sent", 0) for name, n in (counts.get("ledgers") or {}).items()}
    answered = {f"ledger-{name}.bin": int(it.acknowledged.sum()) for name, it in history.ledgers.items()}
    said = {f"ledger-{name}.bin": n.get("acknowledged", 0) for name, n in (counts.get("ledgers") or {}).items()}
    return [
        f"{name}: holds {has.get(name, 0)} {what}, the observer recorded {count}"
        for has, want, what in ((found, told, "records"), (answered, said, "acknowledgements"))
        for name, count in want.items()
        if has.get(name, 0) != count
    ]


def _namesakes(history: History) -> list[str]:
    both = sorted(history.canaries.keys() & history.ledgers.keys())
    return [f"plan.json: a canary and a ledger are both named {name}: rename one" for name in both]


def _unplanned(history: History) -> list[str]:
    """Name the instruments whose plan was not recorded: nothing says how soon they wanted an answer."""
    plans = _plans(history)
    known = {name for name, plan in plans.items() if plan.get("slo_s") and plan.get("timeout_s")}
    names = sorted({*history.canaries, *history.ledgers} - known)
    return [f"plan.json: says nothing of how {name} was to be answered" for name in names]


def _object(path: Path, damage: list[str]) -> Json:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        damage.append(f"{path.name}: not there")
    except (OSError, ValueError) as error:
        damage.append(f"{path.name}: cannot be read: {error}")
    else:
        if isinstance(found, dict):
            return found
        damage.append(f"{path.name}: is no JSON object")
    return {}


def _lines(path: Path, damage: list[str]) -> list[Json]:
    try:
        raw = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        damage.append(f"{path.name}: {'not there' if isinstance(error, FileNotFoundError) else error}")
        return []
    if not raw:
        damage.append(f"{path.name}: is empty")
    found = [line for line in map(_line, raw) if line is not None]
    if len(found) < len(raw):
        damage.append(f"{path.name}: {len(raw) - len(found)} of {len(raw)} lines are cut or broken")
    return found


def _line(raw: bytes) -> Json | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) and raw.endswith(b"\n") else None


def all_series(history: History) -> dict[str, Series]:
    """Return what every instrument saw, by name."""
    plans = _plans(history)
    series = {name: _reads(name, samples, plans.get(name, {}), history) for name, samples in history.canaries.items()}
    writes = {name: _writes(name, ledger, plans.get(name, {}), history) for name, ledger in history.ledgers.items()}
    return series | writes


def _plans(history: History) -> dict[str, Json]:
    plan = history.plan or {}
    listed: Iterable[Json] = [*plan.get("canaries", ()), *plan.get("ledgers", ())]
    return {str(item.get("name")): item for item in listed}


def _limits(plan: Json) -> tuple[int, int]:
    """Return the objective for an answer and the longest wait, in nanoseconds."""
    timeout = float(plan.get("timeout_s") or FOREVER_S)
    return round(float(plan.get("slo_s") or timeout) * NS), round(timeout * NS)


def _reads(name: str, samples: Samples, plan: Json, history: History) -> Series:
    slo, timeout = _limits(plan)
    return Series(
        name, str(plan.get("kind") or "http"), samples.scheduled, samples.sent, samples.done, samples.result,
        samples.served_by.astype(np.uint16), samples.status.astype(np.uint16), history.served_by, slo, timeout,
        samples.extra,
    )  # fmt: skip


def _writes(name: str, ledger: Ledger, plan: Json, history: History) -> Series:
    """Tell good writes (acknowledged within the objective) from bad ones; one still open says nothing."""
    slo, timeout = _limits(plan)
    scheduled, result = ledger.scheduled, np.empty(len(ledger), np.uint8)
    if ((scheduled <= 0) & (scheduled != ledger.sent)).any():
        scheduled = np.where(scheduled > 0, scheduled, ledger.sent)
    for start in range(0, len(ledger), PIECE):
        rows = slice(start, start + PIECE)
        result[rows] = _results(ledger, rows, ledger.done[rows] - scheduled[rows] > slo)
    return Series(
        name, "ledger", scheduled, ledger.sent, ledger.done, result,
        ledger.endpoint, ledger.error, history.served_by, slo, timeout,
    )  # fmt: skip


def _results(ledger: Ledger, rows: slice, late: NDArray[np.bool_]) -> NDArray[np.uint8]:
    settled = (ledger.sent[rows] > 0) & (ledger.done[rows] > 0)
    accepted = np.where(late, np.uint8(Result.SLOW), np.uint8(Result.GOOD))
    answered = np.where(ledger.outcome[rows] == WriteOutcome.OK, accepted, _refusals(ledger.error[rows]))
    return np.where(settled, answered, np.uint8(Result.INVALID))


def _refusals(error: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return why each write was not acknowledged: below 100 the error is no HTTP status but the lack of one."""
    silent = np.append(_NO_REPLY, np.uint8(Result.OTHER))[np.minimum(error, len(_NO_REPLY))]
    return np.where(error >= FIRST_STATUS, np.uint8(Result.WRONG_STATUS), silent)
