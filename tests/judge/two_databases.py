"""Orders written to two databases in virtual time: which of them were lost is known, so the figures can be checked.

The old database commits until it dies, and the replication to the standby stops some time before; from its promotion
on, the standby commits. Requests and answers get lost on their way, and the observer may stand still.
"""

import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blackstart.history import Entry, Kind, as_ranges, pack_beats, pack_entries
from blackstart.judge.interval import Interval

from .simulation import CALM, MS, NEVER, Array, Network, Prober, S, Service, latencies

RUN = "20261122-101500-region-loss"
OLD, NEW = "eu-west-1", "eu-central-1"
SLO_NS, TIMEOUT_NS, LATE_NS = S, 2 * S, 100 * MS
TIMED_OUT, REFUSED = 1, 503


@dataclass(frozen=True)
class Failover:
    """What truly happened, in ns. ``fault``: its instant, and the bounds that are known of it.

    ``replicated`` is the last commit that the standby got, ``died`` when the old database stopped to commit,
    ``promoted`` when the standby began; ``read`` when its content was read back. ``refuses``: whether writes in between
    are answered by a refusal, or not at all.
    """

    fault: Interval
    replicated: int
    died: int
    promoted: int
    read: int
    end: int
    refuses: bool
    writers: int = 2
    rate_per_s: int = 50
    block: int = 16
    latency_ns: int = 5 * MS
    jitter_ns: int = 10 * MS
    network: Network = CALM
    stalls: tuple[tuple[int, int], ...] = ()
    orderly: bool = True
    """Whether the observer ended as it should, and handed back what it did not use."""

    @property
    def prober(self) -> Prober:
        return Prober(end=self.end, interval_ns=S // self.rate_per_s, stalls=self.stalls)


@dataclass(frozen=True)
class Orders:
    """All that were sent, as arrays. ``answered``: when the answer was on the observer's machine (NEVER: never).

    ``done`` is when it was stamped; ``kind`` what was recorded; ``by_new`` whether the standby committed it.
    """

    writer: Array
    seq: Array
    scheduled: Array
    sent: Array
    answered: Array
    done: Array
    kind: Array
    by_new: Array
    in_old: Array
    survives: Array

    def __len__(self) -> int:
        return len(self.seq)


def orders(failover: Failover, rng: random.Random) -> Orders:
    """Return what became of every order."""
    draw, prober = np.random.default_rng(rng.getrandbits(64)), failover.prober
    due = np.arange(0, failover.end, prober.interval_ns, dtype=np.int64)
    sent = prober.awake(due) + draw.integers(0, MS, len(due))
    tick = np.flatnonzero(sent - due <= LATE_NS)
    due, sent, count = due[tick], prober.awake(sent[tick]), len(tick)
    writer = tick % failover.writers
    seq = np.zeros(count, np.int64)
    for each in range(failover.writers):
        seq[writer == each] = 1 + np.arange(np.count_nonzero(writer == each))
    service = Service((), "refused", failover.latency_ns, failover.jitter_ns, network=failover.network)
    latency, lost = latencies(service, count, draw)
    there, away = (np.sort(draw.random((2, count)), axis=0) * latency).astype(np.int64)
    arrived, commit, back = sent + there, sent + away, latency - away
    lost_there, lost_back = lost & (draw.random(count) < 0.5), lost
    by_new = ~lost_there & (arrived >= failover.promoted)
    in_old = ~lost_there & (commit < failover.died)
    refused = ~lost_there & ~in_old & ~by_new & (arrived >= failover.died) & failover.refuses
    answered = np.select([lost_back, in_old | by_new, refused], [NEVER, commit + back, arrived + back], NEVER)
    deadline = prober.awake(due + TIMEOUT_NS)
    over = (answered == NEVER) | (prober.awake(answered) > deadline + MS)
    kind = np.select([over, refused], [Kind.UNKNOWN, Kind.FAILED], Kind.ACKNOWLEDGED)
    survives = (in_old & (commit <= failover.replicated)) | (by_new & (commit < failover.read))
    done = np.where(over, deadline, prober.awake(answered))
    return Orders(writer, seq, due, sent, answered, done, kind, by_new, in_old, survives)


def write(folder: Path, failover: Failover, made: Orders) -> int:
    """Write the run's folder, as far as the stores are judged by it; return how many bytes the ledger has."""
    history = folder / "history"
    history.mkdir(parents=True, exist_ok=True)
    entries = _entries(failover, made)
    ledger = pack_entries(entries)
    (history / "ledger-orders.bin").write_bytes(ledger)
    beats = failover.prober.heartbeats().tolist()
    (history / "heartbeat.bin").write_bytes(pack_beats(beats))
    regions = {"regions": {"primary": OLD, "standby": NEW}}
    _put(folder / "run.json", {"run": RUN, "environment": regions, "recovers_in": "standby"})
    plan = {"name": "orders", "slo_s": SLO_NS / S, "timeout_s": TIMEOUT_NS / S}
    _put(history / "plan.json", {"served_by": [OLD, NEW], "canaries": [], "ledgers": [plan]})
    counts = Counter(Kind(entry.kind).name.lower() for entry in entries)
    _put(history / "observer.json", {"reason": "asked", "counts": {"ledgers": {"orders": counts}, "beats": len(beats)}})
    _survivors(history, "standby", NEW, failover, made, made.survives)
    _survivors(history, "old-primary", OLD, failover, made, made.in_old)
    return len(ledger)


def _entries(failover: Failover, made: Orders) -> list[Entry]:
    """Return the journal in the order of time: blocks before they are used, orders sent, and their outcomes."""
    block, entries = failover.block, []
    for writer, seq, at in zip(made.writer.tolist(), made.seq.tolist(), made.sent.tolist(), strict=True):
        if seq % block == 1:
            entries.append(Entry(Kind.RESERVED, writer, seq, at - 1, 0, block))
    rows = zip(*(getattr(made, name).tolist() for name in _JOURNALED), strict=True)
    for writer, seq, scheduled, sent, done, kind, by_new in rows:
        entries.append(Entry(Kind.SENT, writer, seq, sent, 0, scheduled))
        aux = {Kind.UNKNOWN: TIMED_OUT, Kind.FAILED: REFUSED, Kind.ACKNOWLEDGED: 1}[kind]
        entries.append(Entry(kind, writer, seq, done, 0 if kind == Kind.UNKNOWN else 1 + by_new, aux))
    entries.sort(key=lambda entry: entry.time_ns)
    return [*entries, *_handed_back(failover, made)] if failover.orderly else entries


def _handed_back(failover: Failover, made: Orders) -> list[Entry]:
    used = Counter(made.writer.tolist())
    rest = [(writer, count - (count - 1) % failover.block, count) for writer, count in sorted(used.items())]
    return [
        Entry(Kind.RESERVED, writer, first, failover.end + 4 * S, 0, count - first + 1) for writer, first, count in rest
    ]


_JOURNALED = ("writer", "seq", "scheduled", "sent", "done", "kind", "by_new")


def _survivors(history: Path, label: str, region: str, failover: Failover, made: Orders, there: Array) -> None:
    ranges = {
        each: as_ranges(np.sort(made.seq[there & (made.writer == each)]).tolist()) for each in range(failover.writers)
    }
    read = {"started_ns": failover.read, "ended_ns": failover.read + 200 * MS, "read_from": f"endpoint in {region}"}
    known = {"store": "orders", "label": label, "run": RUN, "writers": ranges, "duplicates": 0}
    _put(history / f"survivors-orders-{label}.json", read | known)


def _put(path: Path, data: object) -> None:
    path.write_text(json.dumps(data) + "\n")
