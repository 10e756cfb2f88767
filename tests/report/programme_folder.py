"""Folders of runs, made cheaply: verdicts of the real shape, each with the few files that a programme reads."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NS = 1_000_000_000
FIRST = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
PHASES = ("fault_injected", "first_failure", "detected", "declared", "promoted", "capacity", "routed", "recovered")


def interval(point: float, around: float = 0.1) -> dict[str, float]:
    low = round(max(0.0, point - around), 6)
    return {"point_s": round(point, 6), "earliest_s": low, "latest_s": round(point + around, 6)}


def store(rpo_s: float | None = 0.0, lost: int | None = 0) -> dict[str, Any]:
    return {
        "acknowledged": 434,
        "survived": None if lost is None else 434 - lost,
        "lost": lost,
        "lost_at_most": None if lost is None else lost + 3,
        "indeterminate": 3,
        "recovered_unknown": 0,
        "holes": 0,
        "phantoms": 0,
        "rolled_back": None,
        "duplicates": 0,
        "divergent": None,
        "lost_after_fault": {"count": 0, "span_s": 0.0},
        "rpo": None if rpo_s is None else interval(rpo_s, 0.0 if rpo_s == 0 else 0.02),
        "engine_gap": None,
        "lag_metrics": {},
        "not_measured": {"divergent": "the old primary's content was not read"},
    }


def phases(rto_s: float | None) -> list[dict[str, Any]]:
    if rto_s is None:
        return [{"name": "fault_injected", "at": interval(2.0, 0.05), "source": "undo log"}]
    share = dict(zip(PHASES, (0.0, 0.02, None, 0.2, 0.35, 0.6, 0.95, 1.0), strict=True))
    return [
        {"name": name, "at": None if at is None else interval(2.0 + at * rto_s, 0.05), "source": at and "canary"}
        for name, at in share.items()
    ] + [{"name": "failed_back", "at": interval(2.0 + rto_s + 15), "source": "the primary serves again"}]


def verdict(run: str, started: datetime, **change: Any) -> dict[str, Any]:
    """Return a verdict; ``rto_s``, ``rpo_s`` and ``lost`` give its measurements, any other field overwrites its own."""
    rto_s, rpo_s, lost = (change.pop(name, value) for name, value in (("rto_s", 5.5), ("rpo_s", 0.0), ("lost", 0)))
    rto = None if rto_s is None else interval(rto_s)
    return {
        "schema": 1,
        "run": run,
        "experiment": "region-loss",
        "title": "The primary region is lost, and a runbook moves the system",
        "failover": "manual",
        "recovers_in": "standby",
        "started_at": started.isoformat(timespec="milliseconds"),
        "clock": {"monotonic_zero_ns": 5 * NS, "wall_zero": started.isoformat(timespec="milliseconds")},
        "environment": {
            "kind": "lab",
            "accounts": ["123456789012"],
            "regions": {"primary": "eu-west-1", "standby": "eu-central-1"},
            "timing": "fast",
            "engine": "postgresql",
            "load": {"reads_per_s": 40.0, "writes_per_s": 50.0},
        },
        "fidelity": ["The region is lost at one instant and completely; a real region fails in parts."],
        "outcome": "met",
        "reasons": ["recovery from the fault took 5.502 s (between 5.384 and 5.573 s); the objective is 30 s"],
        "objectives": {"rto_s": 30.0, "rpo_s": 5.0, "rto_clock": "fault", "stores": {}, "stabilisation_s": 3.0,
                       "failed_requests": None, "warm_s": None, "lost_after_fault_allowed": False},
        "rto": rto,
        "recovery": {"from_fault": rto, "from_first_failure": rto, "from_declaration": None},
        "recoveries": [],
        "warm": None,
        "failed_requests": None,
        "downtime": rto,
        "outages": [],
        "phases": phases(rto_s),
        "stores": {"orders": store(rpo_s, lost), "orders-after-failback": store(0.0)},
        "faults": [
            {"action": "blackstart.actions.fault_injection.start_fault_injection", "bit": True, "role": "fault",
             "injected_at": interval(2.0, 0.05), "kind": "revertible", "target": "FIS template region-loss",
             "undone": True}
        ],
        "steps": [],
        "restoration": {"state": "restored", "remaining": []},
        "versions": {"blackstart": "0.1.0"},
        **change,
    }  # fmt: skip


class Runs:
    """Makes the runs of a folder, a week apart unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0

    def __call__(self, *, day: int | None = None, system: str = "shop", run: dict[str, Any] | None = None,
                 events: list[dict[str, Any]] | None = None, **change: Any) -> Path:  # fmt: skip
        """Write one run, ``day`` days after the first; what it says otherwise as in ``verdict``."""
        started = FIRST + timedelta(days=7 * self.number if day is None else day)
        self.number += 1
        name = f"{started:%Y%m%dT%H%M%SZ}-{change.get('experiment', 'region-loss')}-{self.number}"
        folder = self.folder / name
        (folder / "history").mkdir(parents=True)
        found = verdict(name, started, **change)
        facts = {"run": name, "experiment": found["experiment"], "title": found.get("title"),
                 "description": "All of the primary region goes silent.", "started_at": found["started_at"],
                 "environment": {**(found["environment"] or {}), "system": system},
                 "failover": found.get("failover")} | (run or {})  # fmt: skip
        (folder / "verdict.json").write_text(json.dumps(found, indent=1))
        (folder / "run.json").write_text(json.dumps(facts))
        (folder / "history" / "canary-accelerator.bin").write_bytes(b"\x00" * 64 + name.encode())
        (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in events or []))
        (folder / "undo.jsonl").write_text("")
        return folder

    def many(self, values: list[float], **change: Any) -> None:
        """Write a run for each recovery time."""
        for value in values:
            self(rto_s=value, **change)

    def programme(self, text: str) -> Path:
        path = self.folder / "programme.yaml"
        path.write_text(text)
        return path
