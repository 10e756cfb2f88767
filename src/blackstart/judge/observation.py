"""What an observation alone saw: the outages of each canary, without a drill around it.

A pure function of the history in the folder. ``outages.json`` lists the outages, ``observation.json`` says what the
list rests on, and every reason to doubt it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackstart import __version__
from blackstart.history import History, Result, Samples
from blackstart.judge.coverage import asleep, gaps
from blackstart.judge.dns_answers import dns_answers
from blackstart.judge.interval import NS, as_json, seconds
from blackstart.judge.outages import Latency, Outage, find
from blackstart.judge.record import all_series, flaws
from blackstart.judge.series import Judged, Series, judged
from blackstart.judge.stalls import Stalls
from blackstart.judge.wall_clock import WallClock

SCHEMA = 1
OUTAGES, ABOUT = "outages.json", "observation.json"
STABLE_S = 3.0
"""How long all must stay good before an outage has ended, where the plan does not say it."""
MIN_CALM = 5
"""Good probes before the first failure that show how long an answer takes in calm times."""

BLIND_NS = NS // 2
"""A standstill of the observer that is told even where it leaves the record whole."""
SPOILT_SHARE = 0.1
"""More probes than this part that were skipped or invalid are told."""


def is_one(folder: Path) -> bool:
    """Tell whether a folder holds an observation: a history that lies in it as it is, without a run around it."""
    return not (folder / "run.json").exists() and any(
        (folder / name).exists() for name in ("clock.json", "plan.json", "heartbeat.bin")
    )


def run(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the outages and what they rest on. Never raises for a record that is cut, damaged or missing."""
    try:
        return _judged(History.open(folder))
    except Exception as error:  # noqa: BLE001 - whatever it is: what could not be judged is not known
        return [], {
            "schema": SCHEMA,
            "state": "inconclusive",
            "reasons": [f"judging it failed: {type(error).__name__}: {error}"],
            "versions": {"blackstart": __version__},
        }


def write(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Judge a folder and write both files, each whole or not at all. Raises OSError if it cannot."""
    outages, about = run(folder)
    for name, data in ((ABOUT, about), (OUTAGES, outages)):
        _put(folder / name, data)
    return outages, about


def _judged(history: History) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    beats = np.zeros(0, np.int64) if history.heartbeat is None else history.heartbeat.beats
    stalls = Stalls.from_heartbeats(beats)
    raw = all_series(history)
    counted = {name: judged(series, stalls) for name, series in raw.items()}
    zero_ns = _zero_ns(history, raw)
    stable_ns = round(float((history.plan or {}).get("stable_s") or STABLE_S) * NS)
    found = [outage for _, series in sorted(counted.items()) for outage in find(series, stable_ns, _calm(series))]
    reasons = [*flaws(history), *_untold(history), *_ended(history), *_silences(history, raw, counted, zero_ns)]
    return [_outage(outage, zero_ns) for outage in found], {
        "schema": SCHEMA,
        "state": "inconclusive" if reasons else "complete",
        "reasons": reasons,
        "notes": [*_notes(history), *_blind(beats, zero_ns), *_spoilt(history)],
        "clock": _clock(history, zero_ns),
        "stable_s": seconds(stable_ns),
        "partial_failures": [
            {"observer": outage.observer, **outage.partial.as_json(zero_ns)} for outage in found if outage.partial
        ],
        "names": _names(history, zero_ns),
        "instruments": {name: _counts(samples) for name, samples in sorted(history.canaries.items())},
        "versions": {"blackstart": __version__},
    }


def _calm(series: Judged) -> Latency:
    """Return how long answers take before anything goes wrong; of all good probes, where it went wrong at once."""
    bad = np.flatnonzero(~series.good)
    first = int(series.sent[bad[0]]) if bad.size else int(np.iinfo(np.int64).max)
    enough = series.at_own_rate(series.good & (series.sent < first)) >= MIN_CALM
    return Latency.before(series, first if enough else int(np.iinfo(np.int64).max))


def _outage(outage: Outage, zero_ns: int) -> dict[str, Any]:
    start, end, light = (
        None if at is None else at.shifted(zero_ns) for at in (outage.start, outage.end, outage.first_light)
    )
    return {
        "observer": outage.observer,
        "kind": outage.failure,
        "start": as_json(start),
        "end": as_json(end),
        "downtime": as_json(outage.downtime),
        "first_light_s": None if light is None else seconds(light.point),
        "flaps": outage.flaps,
    }


def _zero_ns(history: History, raw: Mapping[str, Series]) -> int:
    """Return the observation's start; that of its first probe where its clock was not recorded."""
    told = (history.clock or {}).get("monotonic_ns")
    if isinstance(told, int):
        return told
    return min((int(series.scheduled.min()) for series in raw.values() if len(series.scheduled)), default=0)


def _untold(history: History) -> list[str]:
    """Name what both ends of an observation must tell: when it began and ended, and how much was recorded."""
    wanted = (
        ("clock.json", history.clock, "monotonic_ns"),
        ("observer.json", history.ended, "ended_ns"),
        ("observer.json", history.ended, "counts"),
    )
    return [f"{name}: does not say {field!r}" for name, told, field in wanted if told is not None and field not in told]


def _ended(history: History) -> list[str]:
    if history.ended is None:
        return ["the observer left no word of its end: it died, or its record was cut"]
    if history.ended.get("reason") == "failed":
        return [f"the observer ended before its time: {history.ended.get('detail')}"]
    return []


def _silences(history: History, raw: Mapping[str, Series], counted: Mapping[str, Judged], zero_ns: int) -> list[str]:
    ended_ns = (history.ended or {}).get("ended_ns")
    if not isinstance(ended_ns, int) or ended_ns <= zero_ns:
        return []
    window = (zero_ns, ended_ns)
    beats = np.zeros(0, np.int64) if history.heartbeat is None else history.heartbeat.beats
    found = [asleep(beats, window), *(gaps(series, raw[name], window) for name, series in sorted(counted.items()))]
    return [sentence for sentence in found if sentence]


def _notes(history: History) -> list[str]:
    notes = []
    if (history.ended or {}).get("reason") == "orphaned":
        notes.append("whoever started the observation died; it went on for a while and ended by itself")
    was_set = _wall_clock(history).was_set
    notes += [was_set] if was_set else []
    return notes


def _blind(beats: NDArray[np.int64], zero_ns: int) -> list[str]:
    """Tell the longest span in which the observer itself stood still: no canary saw anything in it."""
    spans = np.diff(beats)
    if not spans.size or int(spans.max()) < BLIND_NS:
        return []
    longest = int(spans.argmax())
    count = int(np.count_nonzero(spans >= BLIND_NS))
    times = "once" if count == 1 else f"{count} times, the longest"
    return [
        f"the observer itself stood still {times} for {seconds(int(spans[longest])):.1f} s, from "
        f"{seconds(int(beats[longest]) - zero_ns):.1f} s: an outage within that was not seen"
    ]


def _spoilt(history: History) -> list[str]:
    """Tell where much of what a canary should have asked says nothing of its target."""
    return [
        f"{name}: {spoilt} of {len(samples)} probes say nothing of the target: the observer could not send them in "
        "time, or lacked descriptors (ulimit -n), ports or memory; bounds are the wider for it"
        for name, samples in sorted(history.canaries.items())
        if (spoilt := int(np.count_nonzero(samples.result >= Result.SKIPPED))) > SPOILT_SHARE * len(samples)
    ]


def _wall_clock(history: History) -> WallClock:
    start, end = history.clock or {}, history.ended or {}
    return WallClock.of((start.get("monotonic_ns"), start.get("wall")), (end.get("ended_ns"), end.get("wall")))


def _clock(history: History, zero_ns: int) -> dict[str, Any]:
    ended = history.ended or {}
    return {
        "monotonic_zero_ns": zero_ns,
        "wall_zero": (history.clock or {}).get("wall"),
        "monotonic_end_ns": ended.get("ended_ns"),
        "wall_end": ended.get("wall"),
        "wall_step_s": _wall_clock(history).step_s,
    }


def _names(history: History, zero_ns: int) -> dict[str, list[dict[str, Any]]]:
    """Return what each DNS canary's name led to, each time that it changed; canaries of other kinds have none."""
    found = {name: dns_answers(said) for name, said in sorted(history.answers.items())}
    return {name: [answer.as_json(zero_ns) for answer in answers] for name, answers in found.items() if answers}


def _counts(samples: Samples) -> dict[str, Any]:
    """Count one canary's probes, and say how late they were sent: what the observer itself adds to every bound.

    ``extra`` probes, to look closer at outages, are counted apart: all other counts are of the canary's own rate.
    """
    sent, own = samples.sent > 0, ~samples.extra
    lag_ms = samples.lag_us[sent] / 1000
    return {
        "probes": int(np.count_nonzero(own)),
        "good": int(np.count_nonzero(samples.good & own)),
        "bad": int(np.count_nonzero(samples.bad & own)),
        "skipped": int(np.count_nonzero((samples.result == Result.SKIPPED) & own)),
        "invalid": int(np.count_nonzero((samples.result == Result.INVALID) & own)),
        "extra": int(np.count_nonzero(samples.extra)),
        "send_lag_ms": {
            name: round(float(np.percentile(lag_ms, percent)), 3) if lag_ms.size else None
            for name, percent in (("median", 50), ("p99", 99), ("max", 100))
        },
    }


def _put(path: Path, data: object) -> None:
    text = json.dumps(data, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"
    draft = path.with_suffix(".json.part")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
