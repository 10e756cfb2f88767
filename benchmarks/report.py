"""What the report of a run with ten million samples costs.

The run is made up, its records laid out and sealed as the observer's are. Each report is written by a process of its
own, whose peak memory and time are taken.
"""

import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table
from blackstart import judge
from blackstart.history import CANARY, LEDGER, Kind, Result, Survivors, write_survivors
from blackstart.history.checksum import checksums
from blackstart.report import documents

SAMPLES, QUICK = 10_000_000, 50_000
LIMITS = {"seconds": 5.0, "peak_mb": 500.0}
SPAN_S = 1000
ZERO_NS = 10**12
FAULT_NS, BACK_NS = ZERO_NS + 400 * 10**9, ZERO_NS + 460 * 10**9
RUN = "made-up-run"
MIXES = {
    "probes": {"accelerator": 10},
    "probes and writes": {"accelerator": 4, "alb": 4, "orders": 2},
    "writes": {"orders": 10},
}
"""Tenths of all samples, an instrument."""


def measure(setting: Setting) -> dict[str, Any]:
    """Measure each mix."""
    count = QUICK if setting.quick else SAMPLES
    mixes = {name: {kind: count * tenths // 10 for kind, tenths in mix.items()} for name, mix in MIXES.items()}
    return {"samples": count, "rows": [measured(name, mix) for name, mix in mixes.items()]}


def measured(name: str, mix: dict[str, int]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="blackstart-report-") as folder:
        run_dir = make_run(Path(folder) / RUN, mix)
        size_mb = sum(path.stat().st_size for path in run_dir.rglob("*") if path.is_file()) / 1e6
        row = {"mix": name, "record_mb": size_mb, **in_own_process(write_page, run_dir)}
        row["judged"] = in_own_process(judge_run, run_dir)
        print(json.dumps(row), flush=True)
    return row


def in_own_process(work: Callable[[Path], int], run_dir: Path) -> dict[str, float]:
    context = get_context("spawn")
    mine, theirs = context.Pipe()
    child = context.Process(target=_report_cost, args=(work, run_dir, theirs))
    child.start()
    found: dict[str, float] = mine.recv()
    child.join()
    return found


def _report_cost(work: Callable[[Path], int], run_dir: Path, answer: Any) -> None:
    began, used = time.perf_counter(), time.process_time()
    size = work(run_dir)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send({"seconds": seconds, "cpu_s": cpu_s, "peak_mb": peak * 1.048576, "written_kb": size / 1e3})


def write_page(run_dir: Path) -> int:
    return documents.write(run_dir).page.stat().st_size


def judge_run(run_dir: Path) -> int:
    judge.write(run_dir)
    return (run_dir / "verdict.json").stat().st_size


def make_run(run_dir: Path, mix: dict[str, int]) -> Path:
    """Write a run's folder: a region lost at 400 s, back at 460 s, the last second before the fault lost."""
    history = run_dir / "history"
    history.mkdir(parents=True)
    listed = [{"name": n, "kind": "ledger" if n == "orders" else "http", "rests_on": True} for n in mix]
    clock = {"monotonic_zero_ns": ZERO_NS, "wall_zero": "2026-11-22T10:30:00+00:00"}
    dump(run_dir / "run.json", {"run": RUN, "title": "Ten million samples", "clock": clock, "instruments": listed})
    dump(run_dir / "verdict.json", verdict(clock))
    dump(history / "plan.json", {"served_by": ["eu-west-1", "eu-central-1"], **plan(mix)})
    for name, count in mix.items():
        kind = "ledger" if name == "orders" else "canary"
        with (history / f"{kind}-{name}.bin").open("wb") as file:
            for records in (entries if kind == "ledger" else samples)(count):
                records.tofile(file)
    if "orders" in mix:
        write_survivors(history, survivors(mix["orders"]))
    return run_dir


def plan(mix: dict[str, int]) -> dict[str, Any]:
    timing = {"slo_s": 1, "timeout_s": 2}
    return {
        "canaries": [{"name": name, **timing} for name in mix if name != "orders"],
        "ledgers": [{"name": name, **timing} for name in mix if name == "orders"],
    }


def verdict(clock: dict[str, Any]) -> dict[str, Any]:
    def at(second: float) -> dict[str, float]:
        return {"point_s": second, "earliest_s": second - 0.01, "latest_s": second + 0.01}

    phases = [{"name": "fault_injected", "at": at(400), "source": "undo log"}]
    phases.append({"name": "recovered", "at": at(460), "source": "accelerator"})
    fault = {"action": "a", "target": "eu-west-1", "role": "fault", "injected_at": at(400), "bit": True}
    return {"run": RUN, "outcome": "met", "clock": clock, "rto": at(60), "phases": phases, "faults": [fault]}


def samples(count: int) -> Iterator[np.ndarray[Any, Any]]:
    draw = np.random.default_rng(7)
    step_ns = SPAN_S * 10**9 // count
    for start in range(0, count, 1 << 20):
        records = np.zeros(min(1 << 20, count - start), CANARY)
        number = np.arange(start, start + len(records))
        due = ZERO_NS + number * step_ns
        down = (due >= FAULT_NS) & (due < BACK_NS)
        records["seq"], records["scheduled"], records["sent"] = number, due, due + 50_000
        records["done"] = due + np.where(down, 0, draw.lognormal(15.4, 0.6, len(records)).astype(np.int64))
        records["done"][down] = 0
        records["result"] = np.where(down, Result.TIMEOUT, Result.GOOD)
        records["served_by"] = np.where(down, 0, np.where(due < FAULT_NS, 1, 2))
        yield sealed(records)


def entries(count: int) -> Iterator[np.ndarray[Any, Any]]:
    """Yield a ledger of one writer: blocks of 1,000 reserved, each write sent and answered."""
    step_ns = SPAN_S * 10**9 // count
    for start in range(0, count, 1_000_000):
        seq = np.arange(start, min(start + 1_000_000, count))
        due = ZERO_NS + seq * step_ns
        down = (due >= FAULT_NS) & (due < BACK_NS)
        blocks = np.zeros(-(-len(seq) // 1000), LEDGER)
        blocks["kind"], blocks["seq"], blocks["time_ns"], blocks["aux"] = Kind.RESERVED, seq[::1000], due[::1000], 1000
        both = np.zeros(2 * len(seq), LEDGER)
        both["seq"] = np.repeat(seq, 2)
        both["kind"][::2], both["time_ns"][::2], both["aux"][::2] = Kind.SENT, due + 50_000, due
        both["kind"][1::2] = np.where(down, Kind.UNKNOWN, Kind.ACKNOWLEDGED)
        both["time_ns"][1::2] = due + np.where(down, 2_000_000_000, 6_000_000)
        both["endpoint"][1::2] = np.where(down, 0, np.where(due < FAULT_NS, 1, 2))
        yield sealed(blocks)
        yield sealed(both)


def survivors(count: int) -> Survivors:
    lost_from, back = int(count * 399 / SPAN_S), int(count * 460 / SPAN_S)
    ranges = {0: [(0, lost_from - 1), (back, count - 1)]}
    read_at = ZERO_NS + SPAN_S * 10**9
    return Survivors("orders", "standby", "eu-central-1", read_at, read_at + 1, RUN, ranges)


def sealed(records: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows = records.view(np.uint8).reshape(len(records), -1)
    records["crc32"] = checksums(rows[:, :-4])
    return records


def checks(found: Measured) -> list[Check]:
    """Compare the dearest mix with the bounds."""
    says = f"report.html and report.pdf of {found['samples']:,} samples"
    return [
        _at_most(says, max(row[key] for row in found["rows"]), LIMITS[key], unit)
        for key, unit in (("seconds", "s"), ("peak_mb", "MB"))
    ]


def _at_most(says: str, figure: float, most: float, unit: str) -> Check:
    return Check(f"{says} in <= {most:g} {unit}", f"{figure:.1f} {unit}", figure <= most)


def lines(found: Measured) -> Iterator[str]:
    """Yield the section."""
    yield (
        f"A made-up run of {found['samples']:,} samples over {SPAN_S:,} s, its records laid out and sealed as the "
        "observer's are. Each report is written, and each run judged, by a process of its own.\n"
    )
    heads = ("samples", "record, MB", "report, s", "CPU, s", "peak, MB", "page, kB", "judging, s", "CPU, s", "peak, MB")
    yield from table(heads, map(_line, found["rows"]))


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    judged = row["judged"]
    report = (f"{row['seconds']:.2f}", f"{row['cpu_s']:.2f}", f"{row['peak_mb']:.0f}", f"{row['written_kb']:.0f}")
    judging = (f"{judged['seconds']:.2f}", f"{judged['cpu_s']:.2f}", f"{judged['peak_mb']:.0f}")
    return row["mix"], f"{row['record_mb']:.0f}", *report, *judging


def dump(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data), encoding="utf-8")


REPORT = Part("report", "What a report of ten million samples costs", measure, checks, lines)
