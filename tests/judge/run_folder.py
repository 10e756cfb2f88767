"""A synthetic run folder with a known truth, for everyone who needs a finished run without running one.

``Drill()`` is a region's loss that went well; ``Drill(...).write(folder)`` writes the whole folder. Change a field for
another truth, or the files afterwards (``change``, ``append``, ``without``) for another record.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blackstart.history import Entry, Kind, Result, Survivors, as_ranges, pack_beats, pack_entries, pack_samples
from blackstart.history import write_survivors as write_survivors_file

from .simulation import MS, Mode, Prober, S, Service, Span, probe

ZERO = 1_000 * S
START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
RUN = "20261122-101500-region-loss"
PRIMARY, STANDBY = "eu-west-1", "eu-central-1"
TIMEOUT_CODE = 1


@dataclass(frozen=True)
class Drill:
    """What truly happened, in seconds since the run's zero; ``None`` for what did not happen.

    ``accelerator_down`` and ``orders_down`` are the outages of reads and writes. ``unreplicated_s``: acknowledged
    writes of this long before the primary died never reached the standby.
    """

    fault: tuple[float, float] = (10.0, 10.2)
    fault_proved: bool | None = True
    accelerator_down: tuple[tuple[float, float], ...] = ((10.1, 16.0),)
    orders_down: tuple[tuple[float, float], ...] = ((10.1, 17.0),)
    mode: Mode = "refused"
    unreplicated_s: float = 0.0
    lost_after_failback: int = 0
    failback_at: float | None = 30.0
    end: float = 45.0
    interval_ms: int = 100
    rate_per_s: int = 50
    stalls: tuple[Span, ...] = ()
    survivors_read: bool = True
    rto_s: float | None = 60.0
    rpo_s: float | None = 5.0
    rto_clock: str = "fault"
    stabilisation_s: float = 5.0
    lost_after_fault_allowed: bool = False
    restoration: str | None = "restored"
    seed: int = 1
    extra_events: tuple[dict[str, Any], ...] = field(default=())

    def with_(self, **changes: Any) -> "Drill":
        return replace(self, **changes)

    def write(self, folder: Path) -> Path:
        """Write the run folder and return it."""
        history = folder / "history"
        history.mkdir(parents=True)
        _write_json(folder / "run.json", self.run())
        _write_json(folder / "topology.json", {"name": "synthetic"})
        _write_json(folder / "experiment.json", {"title": "Lose the primary region"})
        _write_json(folder / "journal.json", {"status": "completed"})
        _write_lines(folder / "undo.jsonl", self.undo())
        _write_lines(folder / "events.jsonl", self.events())
        self._write_history(history)
        return folder

    def run(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "run": RUN,
            "experiment": "region-loss",
            "title": "Lose the primary region",
            "description": "synthetic",
            "started_at": "2026-11-22T10:15:00.000+00:00",
            "clock": {"monotonic_zero_ns": ZERO, "wall_zero": "2026-11-22T10:15:00.000+00:00"},
            "environment": {
                "kind": "lab",
                "accounts": ["123456789012"],
                "regions": {"primary": PRIMARY, "standby": STANDBY},
                "timing": "fast",
                "engine": "postgresql",
                "load": {"writes_per_s": self.rate_per_s, "reads_per_s": 1000 / self.interval_ms},
            },
            "fidelity": ["A region's loss is SIGKILL of its processes and cut links."],
            "objectives": {
                "rto_s": self.rto_s,
                "rpo_s": self.rpo_s,
                "rto_clock": self.rto_clock,
                "stores": {},
                "lost_after_fault_allowed": self.lost_after_fault_allowed,
                "stabilisation_s": self.stabilisation_s,
            },
            "instruments": [
                {"name": "accelerator", "kind": "http", "rests_on": True},
                {"name": f"alb-{PRIMARY}", "kind": "http", "rests_on": False},
                {"name": "orders", "kind": "ledger", "store": "orders", "rests_on": True},
            ],
            "versions": {"blackstart": "0.1.0"},
            "lab_started": True,
        }

    def undo(self) -> list[dict[str, Any]]:
        """The fault, the promotion, and the failback where there is one."""
        called, returned = (ns(t) for t in self.fault)
        lines = [
            *_act(1, "blackstart.actions.disaster.lose_region", PRIMARY, "revertible", "fault", called, returned),
            *_act(2, "blackstart.actions.database.promote", "shop", "forward_only", "recovery", ns(12), ns(14)),
        ]
        if self.fault_proved is not True:
            proof = [] if self.fault_proved is None else [{"id": 1, "event": "not_proved", "reason": "pods still run"}]
            lines[2:3] = proof
        lines.append({"id": 1, "event": "undone", "evidence": "the region is up"})
        if self.failback_at is not None:
            at = ns(self.failback_at)
            action = "blackstart.actions.database.switch_over"
            lines += _act(3, action, "shop", "forward_only", "failback", at, at + S)
        return lines

    def events(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = [
            {"t": ZERO, "event": "started"},
            {"t": ns(1), "event": "observer", "state": "started", "detail": None},
            {"t": ns(8), "event": "steady_state", "when": "before", "met": True, "reason": ""},
            _activity("method", "lose the region", self.fault[0] - 0.1, self.fault[1] + 0.1),
            _phase("detected", 11.0, 10.9, 11.1),
            _phase("declared", 11.5, 11.5, 11.5),
            _phase("decided", 11.6, 11.5, 11.6),
            _activity("method", "promote standby database", 12.0, 14.0),
            _phase("promoted", 13.9, 13.8, 14.0),
            _phase("capacity", 15.0, 14.9, 15.1),
            {"t": ns(25), "event": "steady_state", "when": "after", "met": True, "reason": ""},
            _phase("soaked", 29.0, 29.0, 29.0),
        ]
        if self.failback_at is not None:
            lines.append(_activity("failback", "switch over", self.failback_at, self.failback_at + 1.5))
            lines.append(_phase("failed_back", *[self.failback_at + 2] * 3))
        lines += self.extra_events
        lines.append({"t": ns(self.end), "event": "window", "from": ns(2), "to": ns(self.end) - 10 * MS})
        if self.restoration is not None:
            remaining = [] if self.restoration == "restored" else ["dial of eu-west-1"]
            state = {"event": "restoration", "state": self.restoration, "remaining": remaining}
            lines.append({"t": ns(self.end + 1), **state})
        return lines

    def prober(self, interval_ns: int) -> Prober:
        since = (self.orders_down or self.accelerator_down or ((1e6, 1e6),))[0][0]
        served_by = ((0, 1), (ns(since), 2))
        if self.failback_at is not None:
            served_by += ((ns(self.failback_at), 1),)
        return Prober(ns(1), ns(self.end), interval_ns, stalls=self.stalls, served_by=served_by)

    def _write_history(self, history: Path) -> None:
        rng = random.Random(self.seed)
        prober = self.prober(self.interval_ms * MS)
        counts: dict[str, Any] = {"canaries": {}, "ledgers": {}}
        reads = {"accelerator": self.accelerator_down, f"alb-{PRIMARY}": ((self.fault[0] + 0.1, 28.0),)}
        for name, down in reads.items():
            samples = probe(Service(_spans(down), self.mode), prober, rng)
            (history / f"canary-{name}.bin").write_bytes(pack_samples(samples))
            counts["canaries"][name] = _count([Result(sample.result).name.lower() for sample in samples])
        entries = self._ledger(rng)
        (history / "ledger-orders.bin").write_bytes(pack_entries(entries))
        counts["ledgers"]["orders"] = _count([Kind(entry.kind).name.lower() for entry in entries])
        (history / "heartbeat.bin").write_bytes(pack_beats([int(t) for t in prober.heartbeats()]))
        ended = {"ended_ns": ns(self.end), "wall": wall(self.end), "reason": "asked", "detail": None, "counts": counts}
        _write_json(history / "observer.json", ended)
        _write_json(history / "clock.json", {"monotonic_ns": ns(1), "wall": wall(1), "pid": 1, "boot_id": "x"})
        _write_json(history / "plan.json", self.plan())
        lag = [{"t": ns(t), "value": 120 + t} for t in range(2, 10)]
        _write_lines(history / f"watch-lag-{STANDBY}.jsonl", lag)
        if self.survivors_read:
            self._write_survivors(history, entries)

    def plan(self) -> dict[str, Any]:
        limits = {"slo_s": 1.0, "timeout_s": 2.0}
        canaries = [
            {"name": name, "kind": "http", "url": "http://127.0.0.1/", "interval_ms": self.interval_ms, **limits}
            for name in ("accelerator", f"alb-{PRIMARY}")
        ]
        ledger = {"name": "orders", "run": RUN, "writers": 2, "rate_per_s": self.rate_per_s, **limits}
        return {"served_by": [PRIMARY, STANDBY], "canaries": canaries, "ledgers": [ledger]}

    def _ledger(self, rng: random.Random) -> list[Entry]:
        """Two writers in turn; the shop says 503 while the database is away, and in-flight writes stay unknown."""
        prober = self.prober(S // self.rate_per_s)
        tried = [write for write in probe(Service(_spans(self.orders_down), self.mode), prober, rng) if write.sent]
        each = len(tried) // 2 + 1
        entries = [Entry(Kind.RESERVED, writer, 1, ns(1), 0, each) for writer in (0, 1)]
        for i, write in enumerate(tried):
            writer, seq = i % 2, i // 2 + 1
            entries.append(Entry(Kind.SENT, writer, seq, write.sent, 0, write.scheduled))
            entries.append(_outcome(writer, seq, write))
        return entries + [Entry(Kind.RESERVED, w, 1, ns(self.end), 0, (len(tried) + 1 - w) // 2) for w in (0, 1)]

    def _write_survivors(self, history: Path, entries: list[Entry]) -> None:
        died = ns(self.orders_down[0][0]) if self.orders_down else ns(1e6)
        cut = died - round(self.unreplicated_s * S)
        acked = [entry for entry in entries if entry.kind == Kind.ACKNOWLEDGED]
        kept = [e for e in acked if e.time_ns < cut or e.time_ns > died]
        read_at = ns(28)
        _survivors(history, "standby", [e for e in kept if e.time_ns < read_at + 100 * MS], read_at)
        if self.failback_at is not None:
            later = [e for e in kept if e.time_ns < ns(self.end - 2)]
            gone = [e for e in later if e.time_ns > ns(29)][: self.lost_after_failback]
            _survivors(history, "after-failback", [e for e in later if e not in gone], ns(self.end - 2))


def ns(seconds: float) -> int:
    """Return the instant that many seconds after the run's zero."""
    return ZERO + round(seconds * S)


def wall(seconds: float) -> str:
    """Return the time of day that many seconds after the run's zero."""
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def change(path: Path, edit: Callable[[Any], Any]) -> None:
    """Change a JSON file in place: ``edit`` changes what it gets, or returns something else."""
    data = json.loads(path.read_text())
    edited = edit(data)
    _write_json(path, data if edited is None else edited)


def append(path: Path, **line: Any) -> None:
    """Append one line to a JSON-lines file."""
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def without(path: Path, unwanted: Callable[[dict[str, Any]], bool]) -> None:
    """Take lines out of a JSON-lines file."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    _write_lines(path, [line for line in lines if not unwanted(line)])


def _spans(down: tuple[tuple[float, float], ...]) -> tuple[Span, ...]:
    return tuple((ns(begin), ns(end)) for begin, end in down)


def _act(key: int, action: str, target: str, kind: str, role: str, called: int, returned: int) -> list[dict[str, Any]]:
    intended = {"action": action, "target": target, "kind": kind, "role": role, "arguments": {}, "before": {}}
    return [
        {"id": key, "t": called - MS, "event": "intended", **intended},
        {"id": key, "event": "acted", "called_at": called, "returned_at": returned},
        {"id": key, "event": "proved", "evidence": "seen"},
    ]


def _activity(section: str, name: str, started: float, ended: float) -> dict[str, Any]:
    when = {"started": ns(started), "ended": ns(ended)}
    what = {"event": "activity", "section": section, "name": name, "type": "action"}
    return {"t": ns(ended), **what, **when, "status": "succeeded", "error": None}


def _phase(name: str, at: float, earliest: float, latest: float) -> dict[str, Any]:
    when = {"earliest": ns(earliest), "at": ns(at), "latest": ns(latest)}
    return {"t": ns(latest), "event": "phase", "name": name, **when, "source": "runbook"}


def _outcome(writer: int, seq: int, write: Any) -> Entry:
    result, endpoint = Result(write.result), write.served_by
    if result in (Result.GOOD, Result.SLOW) or (result is Result.INVALID and write.status == 200):
        return Entry(Kind.ACKNOWLEDGED, writer, seq, write.done, endpoint, 1)
    if result is Result.REFUSED:
        return Entry(Kind.FAILED, writer, seq, write.done, endpoint, 503)
    return Entry(Kind.UNKNOWN, writer, seq, write.done, endpoint, write.status or TIMEOUT_CODE)


def _survivors(history: Path, label: str, entries: list[Entry], read_at: int) -> None:
    ranges = {w: as_ranges(sorted(e.seq for e in entries if e.writer == w)) for w in (0, 1)}
    read_from = f"endpoint in {PRIMARY if label == 'after-failback' else STANDBY}"
    found = Survivors("orders", label, read_from, read_at, read_at + 200 * MS, RUN, ranges, duplicates=0)
    write_survivors_file(history, found)


def _count(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n")


def _write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
