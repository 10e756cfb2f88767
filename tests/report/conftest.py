"""A run's folder made by hand: 30 s, a region lost at +8 s, recovered after 6.1 s, 45 writes lost, failed back."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from blackstart.history import Entry, Kind, Result, Sample, Survivors, pack_entries, pack_samples, write_survivors

ZERO_NS = 5_000_000_000_000
NS = 1_000_000_000
FAULT_S = 8.0
END_S = 30.0


def at(offset_s: float) -> int:
    """Monotonic ns of an instant given in seconds after the run's zero."""
    return ZERO_NS + round(offset_s * NS)


def interval(point: float, low: float, high: float) -> dict[str, float]:
    return {"point_s": point, "earliest_s": low, "latest_s": high}


def verdict() -> dict[str, Any]:
    return {
        "schema": 1,
        "run": "20261122-103000-region-loss",
        "experiment": "region-loss",
        "started_at": "2026-11-22T10:30:00.000+00:00",
        "clock": {"monotonic_zero_ns": ZERO_NS, "wall_zero": "2026-11-22T10:30:00.000+00:00"},
        "environment": {
            "kind": "lab",
            "accounts": ["123456789012"],
            "regions": {"primary": "eu-west-1", "standby": "eu-central-1"},
            "timing": "fast",
            "engine": "postgresql",
            "load": {"writes_per_s": 50, "reads_per_s": 50},
        },
        "fidelity": [
            "The region's processes were killed with SIGKILL and its links cut: no warning, no draining.",
            "The global control planes and the lab's API endpoint stayed alive.",
        ],
        "outcome": "met",
        "reasons": [],
        "objectives": {
            "rto_s": 30,
            "rpo_s": 1.5,
            "rto_clock": "fault",
            "stores": {"orders": {"rpo_s": 1.5}},
            "lost_after_fault_allowed": False,
        },
        "rto": interval(6.124, 6.061, 6.187),
        "recovery": {
            "from_fault": interval(6.124, 6.061, 6.187),
            "from_first_failure": interval(6.071, 6.041, 6.101),
            "from_declaration": interval(4.912, 4.889, 4.934),
        },
        "downtime": interval(6.071, 6.041, 6.101),
        "outages": [
            {
                "observer": "accelerator",
                "kind": "full",
                "start": interval(8.053, 8.033, 8.113),
                "end": interval(14.124, 14.093, 14.145),
                "downtime": interval(6.071, 6.041, 6.101),
            },
            {
                "observer": "orders",
                "kind": "full",
                "start": interval(8.06, 8.04, 8.13),
                "end": interval(14.1, 14.08, 14.12),
                "downtime": interval(6.04, 6.01, 6.08),
            },
        ],
        "phases": [
            {"name": "fault", "at": interval(8.0, 7.98, 8.02), "source": "undo log"},
            {"name": "first_failure", "at": interval(8.053, 8.033, 8.113), "source": "canary accelerator"},
            {"name": "declared", "at": interval(9.212, 9.212, 9.212), "source": "experiment"},
            {"name": "promoted", "at": interval(10.61, 10.4, 10.65), "source": "write accepted by the standby"},
            {"name": "capacity", "at": interval(12.9, 12.6, 12.95), "source": "ready pods"},
            {"name": "routed", "at": interval(13.7, 13.4, 13.75), "source": "endpoint group health"},
            {"name": "recovered", "at": interval(14.124, 14.093, 14.145), "source": "canary accelerator"},
            {"name": "failed_back", "at": interval(25.2, 25.0, 25.3), "source": "switchover"},
            {"name": "detected", "at": None, "source": None},
        ],
        "stores": {
            "orders": {
                "acknowledged": 1187,
                "survived": 1142,
                "lost": 45,
                "indeterminate": 3,
                "recovered_unknown": 1,
                "holes": 0,
                "phantoms": 0,
                "rolled_back": 0,
                "duplicates": None,
                "divergent": None,
                "lost_after_fault": {"count": 0, "span_s": None},
                "rpo": interval(0.901, 0.88, 0.921),
                "engine_gap": 46,
                "lag_metrics": {"AuroraGlobalDBReplicationLag": {"last_ms": 1003.2}},
            }
        },
        "faults": [
            {
                "action": "blackstart.actions.region.lose",
                "target": "eu-west-1",
                "role": "fault",
                "kind": "revertible",
                "injected_at": interval(8.0, 7.98, 8.02),
                "bit": True,
                "undone": True,
            }
        ],
        "restoration": {"state": "restored", "remaining": []},
        "versions": {"blackstart": "0.1.0", "python": "3.12.12", "chaostoolkit-lib": "1.45.0", "postgresql": "18.1"},
    }


RUN = {
    "schema": 1,
    "run": "20261122-103000-region-loss",
    "experiment": "region-loss",
    "title": "Loss of the primary region",
    "description": "eu-west-1 goes dark under live traffic; the runbook promotes eu-central-1, and fails back.",
    "started_at": "2026-11-22T10:30:00.000+00:00",
    "clock": {"monotonic_zero_ns": ZERO_NS, "wall_zero": "2026-11-22T10:30:00.000+00:00"},
    "instruments": [
        {"name": "accelerator", "kind": "http", "rests_on": True},
        {"name": "alb-eu-west-1", "kind": "http", "rests_on": False},
        {"name": "alb-eu-central-1", "kind": "http", "rests_on": False},
        {"name": "orders", "kind": "ledger", "store": "orders", "rests_on": True},
    ],
}

# (seconds, action, target, role, kind, proved, undone)
ACTS = [
    (7.98, "region.lose", "eu-west-1", "fault", "revertible", "no process of the region answers", "region is on again"),
    (9.3, "database.promote", "shop-eu-central-1", "recovery", "forward_only", "writer in eu-central-1", None),
    (10.7, "capacity.raise_replicas", "shop/shop in eu-central-1", "recovery", "revertible", "2 of 2 pods ready", "0"),
    (12.9, "names.point", "writer.shop.internal", "recovery", "revertible", "answers the standby", "answers eu-west-1"),
    (13.3, "traffic.move_dial", "eu-central-1 to 100 %", "recovery", "revertible", "dial reads 100", "dial reads 0"),
    (24.8, "database.switch_over", "shop-eu-west-1", "failback", "forward_only", "writer in eu-west-1", None),
]


def acts() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for number, (when, action, target, role, kind, proved, undone) in enumerate(ACTS, 1):
        lines.append(
            {
                "id": number,
                "t": at(when - 0.01),
                "event": "intended",
                "action": f"blackstart.actions.{action}",
                "target": target,
                "kind": kind,
                "role": role,
                "arguments": {},
                "before": {},
            }
        )
        lines.append({"id": number, "event": "acted", "called_at": at(when), "returned_at": at(when + 0.04)})
        lines.append({"id": number, "event": "proved", "evidence": proved})
        if undone:
            lines.append({"id": number, "event": "undone", "evidence": undone})
    return lines


EVENTS = [
    {"t": at(0.0), "event": "started"},
    {"t": at(0.4), "event": "observer", "state": "started", "detail": ""},
    {"t": at(2.0), "event": "steady_state", "when": "before", "met": True, "reason": ""},
    {
        "t": at(8.1),
        "event": "activity",
        "section": "method",
        "name": "lose the primary region",
        "type": "action",
        "started": at(7.9),
        "ended": at(8.1),
        "status": "succeeded",
        "error": None,
    },
    {"t": at(9.2), "event": "phase", "name": "declared", "at": at(9.2), "source": "experiment"},
    {"t": at(30.0), "event": "observer", "state": "stopped", "detail": ""},
    {"t": at(30.0), "event": "window", "from": at(0.5), "to": at(30.0)},
    {"t": at(30.2), "event": "restoration", "state": "restored", "remaining": []},
]

PLAN = {"served_by": ["eu-west-1", "eu-central-1"], "canaries": [], "ledgers": []}


def answer(name: str, second: float) -> tuple[int, int]:
    """Return (result, served_by) of a probe of that canary sent at that second."""
    if name == "alb-eu-west-1":
        return (Result.TIMEOUT, 0) if 8.05 <= second < 19.5 else (Result.GOOD, 1)
    if name == "alb-eu-central-1":
        return (Result.GOOD, 2) if 12.9 <= second < 27.0 else (Result.WRONG_STATUS, 0)
    if 8.05 <= second < 14.1:
        return Result.TIMEOUT if second < 11 else Result.WRONG_STATUS, 0
    return Result.GOOD, 2 if 14.1 <= second < 25.6 else 1


def canary(name: str, step_s: float = 0.05) -> bytes:
    records = []
    for seq in range(int((END_S - 0.4) / step_s)):
        second = 0.4 + seq * step_s
        result, region = answer(name, second)
        if name == "accelerator" and 20.0 <= second < 20.3:
            result, region = Result.SKIPPED, 0
        sent = 0 if result == Result.SKIPPED else at(second + 0.0004)
        done = 0 if result in {Result.SKIPPED, Result.TIMEOUT} else at(second + 0.012)
        records.append(Sample(seq, at(second), sent, done, 200, int(result), region, 400))
    return pack_samples(records)


def ledger() -> bytes:
    records = [Entry(Kind.RESERVED, writer, 0, at(0.4), 0, 1000) for writer in (0, 1)]
    for seq in range(int((END_S - 0.5) / 0.04)):
        for writer in (0, 1):
            second = 0.5 + seq * 0.04 + writer * 0.02
            records.append(Entry(Kind.SENT, writer, seq, at(second), 0, at(second)))
            lost = 8.05 <= second < 14.1
            kind = Kind.UNKNOWN if 8.0 <= second < 8.05 else Kind.FAILED if lost else Kind.ACKNOWLEDGED
            region = 0 if lost else 2 if 14.1 <= second < 25.6 else 1
            records.append(Entry(kind, writer, seq, at(second + 0.015), region, 1))
    return pack_entries(records)


def write_run(
    folder: Path,
    *,
    change: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    events: list[dict[str, Any]] | None = None,
    undo: list[dict[str, Any]] | None = None,
    history: bool = True,
) -> Path:
    """Write a whole run; ``change`` overwrites top-level fields of its verdict, ``run`` those of run.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verdict.json").write_text(json.dumps(verdict() | copy.deepcopy(change or {}), indent=2))
    (folder / "run.json").write_text(json.dumps(RUN | (run or {})))
    _write_lines(folder / "events.jsonl", EVENTS if events is None else events)
    _write_lines(folder / "undo.jsonl", acts() if undo is None else undo)
    if history:
        _write_history(folder / "history")
    return folder


def _write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _write_history(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    for instrument in RUN["instruments"]:  # type: ignore[attr-defined]
        name = instrument["name"]
        if instrument["kind"] == "ledger":
            (folder / f"ledger-{name}.bin").write_bytes(ledger())
        else:
            (folder / f"canary-{name}.bin").write_bytes(canary(name))


def write_standby(folder: Path, until_s: float = 7.1, run: str = RUN["run"]) -> Survivors:  # type: ignore[assignment]
    """Write what the standby held: what was sent up to that second, and everything after the promotion."""
    gone, back = (round((second - 0.5) / 0.04) for second in (until_s, 14.1))
    ranges = {writer: [(0, gone), (back, 600)] for writer in (0, 1)}
    found = Survivors("orders", "standby", "eu-central-1", at(20), at(20.1), run, ranges)
    write_survivors(folder / "history", found)
    return found


class Make:
    """Makes runs in a test's own folder."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def __call__(self, name: str = "20261122-103000-region-loss", **options: Any) -> Path:
        return write_run(self.base / name, **options)

    verdict = staticmethod(verdict)
    acts = staticmethod(acts)
    at = staticmethod(at)
    interval = staticmethod(interval)
    standby = staticmethod(write_standby)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)
