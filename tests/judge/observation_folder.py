"""The folder of an observation, out of the simulation: the truth about its outages is known."""

import json
import random
from pathlib import Path

from blackstart.history import EXTRA, Result, Sample, pack_beats, pack_samples, seal

from .simulation import MS, Prober, Probes, S, Service, probe

ZERO = 5 * S
"""The anchor's monotonic time; the simulated prober begins 1 s after it."""


def write(
    folder: Path, down=((10 * S, 12 * S),), mode="refused", name="a", seed=1, end=20 * S, stalls=(), **clock
) -> Path:
    """Write the observation of one service that was down in these spans."""
    prober = Prober(start=ZERO + S, end=end, interval_ns=20 * MS, stalls=stalls)
    samples = probe(Service(down, mode, latency_ns=MS, jitter_ns=MS), prober, random.Random(seed))
    _put_all(folder, samples, prober, name, ZERO, 1200 * MS, **clock)
    return folder


def write_record(folder: Path, record: Probes, prober: Prober, stable_ns: int) -> Path:
    """Write the observation of what was drawn, each probe where it was recorded: when it had ended."""
    samples = sorted(record.samples(), key=lambda sample: max(sample.done, sample.scheduled))
    _put_all(folder, samples, prober, "a", prober.start, stable_ns)
    return folder


def _put_all(
    folder: Path, samples: list[Sample], prober: Prober, name: str, zero: int, stable_ns: int, **clock
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"canary-{name}.bin").write_bytes(pack_samples(samples))
    beats = [int(t) for t in prober.heartbeats() if t <= prober.end]
    (folder / "heartbeat.bin").write_bytes(pack_beats(beats))
    limits = {"slo_s": prober.slo_ns / S, "timeout_s": prober.timeout_ns / S}
    canary = {"name": name, "url": "http://127.0.0.1/", "kind": "http", **limits}
    _put(folder, "plan.json", {"canaries": [canary], "ledgers": [], "served_by": [], "stable_s": stable_ns / S})
    _put(folder, "clock.json", {"monotonic_ns": zero, "wall": "2026-11-26T10:00:00.000+00:00"})
    counts = {"canaries": {name: {"all": len(samples)}}, "ledgers": {}, "beats": len(beats)}
    ended = {"ended_ns": prober.end, "wall": "2026-11-26T10:00:15.000+00:00", "reason": "duration", "detail": None}
    sums = {path.name: seal.digest(path) for path in folder.iterdir()}
    _put(folder, "observer.json", seal.sealed(ended | {"counts": counts} | clock, sums))


def looking_closer(down, mode, seed, prober: Prober, extra_ns=5 * MS) -> list[Sample]:
    """Return what a canary records that sends extra probes from when it notices until a second after the last bad one.

    It notices a probe that failed, or one that has waited for two intervals.
    """
    rng = random.Random(seed)
    service = Service((down,), mode, latency_ns=MS, jitter_ns=0)
    samples = probe(service, prober, rng)
    bad = [sample for sample in samples if Result.SLOW <= sample.result < Result.SKIPPED]
    begin = min(min(sample.done, sample.sent + 2 * prober.interval_ns) for sample in bad) + MS
    faster = Prober(begin, max(sample.sent for sample in bad) + S, extra_ns, prober.slo_ns, prober.timeout_ns)
    extra = [sample._replace(flags=EXTRA) for sample in probe(service, faster, rng)]
    return sorted([*samples, *extra], key=lambda sample: sample.scheduled)


def _put(folder: Path, name: str, data: object) -> None:
    (folder / name).write_text(json.dumps(data) + "\n")
