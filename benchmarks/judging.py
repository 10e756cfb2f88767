"""How long it takes to judge a long record: one hour, ten observers, a probe every 20 ms."""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table
from blackstart.history import Result, Sample, pack_beats, pack_samples
from blackstart.history.writing import write_json

OBSERVERS, HOUR_S, INTERVAL_NS = 10, 3600, 20_000_000
ZERO_NS = 5_000_000_000
MOST_S = 5.0
OUTAGES = 12
"""As many in the hour, each of some seconds, at drawn instants of its own share of the hour."""


def made(folder: Path, seconds: int, seed: int) -> dict[str, int]:
    """Write the record in the history's own records; return how many outages and probes are in it."""
    rng = random.Random(seed)
    share = seconds / OUTAGES
    begins = [(number + 0.2 + 0.3 * rng.random()) * share for number in range(OUTAGES)]
    down = [(begin, begin + share * 0.1 * (0.5 + rng.random() / 2)) for begin in begins]
    end_ns = ZERO_NS + seconds * 1_000_000_000
    names = [f"observer-{number}" for number in range(OBSERVERS)]
    for name in names:
        (folder / f"canary-{name}.bin").write_bytes(pack_samples(_samples(down, end_ns, rng)))
    (folder / "heartbeat.bin").write_bytes(pack_beats(range(ZERO_NS, end_ns, 100_000_000)))
    canaries = [{"name": n, "url": "http://127.0.0.1/", "kind": "http", "slo_s": 1.0, "timeout_s": 2.0} for n in names]
    write_json(folder / "plan.json", {"canaries": canaries, "ledgers": [], "served_by": [], "stable_s": 1.2})
    write_json(folder / "clock.json", {"monotonic_ns": ZERO_NS, "wall": "2026-01-01T00:00:00.000+00:00"})
    probes = seconds * 1_000_000_000 // INTERVAL_NS
    counts = {"canaries": {n: {"all": probes} for n in names}, "ledgers": {}, "beats": seconds * 10}
    ended = {"ended_ns": end_ns, "wall": "2026-01-01T01:00:00.000+00:00", "reason": "duration", "detail": None}
    write_json(folder / "observer.json", ended | {"counts": counts})
    return {"outages": OUTAGES * OBSERVERS, "probes": probes * OBSERVERS}


def _samples(down: list[tuple[float, float]], end_ns: int, rng: random.Random) -> Iterator[Sample]:
    spans = [(ZERO_NS + int(a * 1e9), ZERO_NS + int(b * 1e9)) for a, b in down]
    for seq, scheduled in enumerate(range(ZERO_NS, end_ns, INTERVAL_NS)):
        while spans and scheduled >= spans[0][1]:
            spans.pop(0)
        refused = bool(spans) and scheduled >= spans[0][0]
        sent = scheduled + 300_000
        done = sent + 400_000 + int(rng.random() * 800_000)
        result, status = (Result.REFUSED, 0) if refused else (Result.GOOD, 200)
        yield Sample(seq, scheduled, sent, done, status, result, 0, 300)


def measure(setting: Setting) -> dict[str, Any]:
    """Write the record, judge it by the command line, and see that every outage is in the answer."""
    seconds = 60 if setting.quick else HOUR_S
    with tempfile.TemporaryDirectory(prefix="blackstart-judging-") as folder:
        held = made(Path(folder), seconds, setting.seed)
        began_s = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "blackstart.cli", "judge", folder, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        taken_s = time.perf_counter() - began_s
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise RuntimeError(done.stderr or done.stdout)
        answer = json.loads(done.stdout)
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    found = {"hours": seconds / 3600, "taken_s": taken_s, "cpu_s": cpu_s, "found": len(answer["outages"])}
    return held | found | {"state": answer["state"], "reasons": answer["reasons"]}


def checks(measured: Measured) -> list[Check]:
    """Compare time and answer with what is wanted."""
    right = measured["state"] == "complete" and measured["found"] == measured["outages"]
    return [
        Check(
            f"a record of one hour, {OBSERVERS} observers, a probe every 20 ms, judged in <= {MOST_S:g} s",
            f"{measured['taken_s']:.2f} s",
            right and measured["taken_s"] <= MOST_S,
        )
    ]


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    yield (
        "A synthetic record, written in the history's own records, judged by `blackstart judge` in a process of "
        "its own: start, reading, checksums, judging and writing the answer.\n"
    )
    heads = ("observed, h", "probes", "outages in it", "outages found", "record", "time, s", "CPU, s")
    row = (
        f"{measured['hours']:.2f}", f"{measured['probes']:,}", measured["outages"], measured["found"],
        measured["state"], f"{measured['taken_s']:.2f}", f"{measured['cpu_s']:.2f}",
    )  # fmt: skip
    yield from table(heads, [row])


JUDGING = Part("judging", "Judging an hour", measure, checks, lines)
