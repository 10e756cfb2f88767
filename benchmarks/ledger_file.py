"""The ledger's file: what a record costs, and what a kill -9 loses.

The writer is a process of its own (``python -m benchmarks.ledger_file``), with a loop that makes the records up. What
that loop costs by itself is measured beside it, by the same loop without a file. How far it got it tells through a
mapped file, which costs it next to nothing and outlives it: for the kill, what was synced is told every time, and
it is killed at a drawn instant.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mmap import mmap
from operator import itemgetter
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

from benchmarks.instruments.using import used_s
from benchmarks.part import Check, Measured, Part, Setting
from benchmarks.tables import table
from blackstart.history.ledger_file import LEDGER_FLUSH_S, LedgerFile
from blackstart.history.reading import LEDGER as RECORD
from blackstart.history.reading import read_records
from blackstart.history.records import ENTRY_BYTES, Kind
from blackstart.outcome import BlackstartError

RATE_PER_S, TURN_S = 50_000, 0.01
BURST = 505  # a hundredth more than is wanted: what is wanted is to be reached
MOST_SHARE, MOST_LOST = 0.10, 0
SECONDS, ROUNDS, KILLS = 5.0, 3, 10
MARGIN_S = 1.0  # the writer outlasts the measurement
TOLD = Struct("<QQ")


class Told(NamedTuple):
    """How many records the disk is known to hold, and how many were appended."""

    synced: int
    appended: int


class NoFile:
    """Takes the same calls, and keeps nothing: what is left is the loop's own cost."""

    written = 0

    def record(self, kind: Kind, writer: int, seq: int, time_ns: int, endpoint: int = 0, aux: int = 0) -> None:
        """Drop an event."""

    def close(self) -> None:
        """Do nothing."""


def write(told: Path, file: LedgerFile | NoFile, seconds: float) -> None:
    """Append at the rate, a burst every turn; tell after each how many records the disk is known to hold."""
    turn = seq = 0
    record, kind, clock = file.record, Kind.ACKNOWLEDGED, time.monotonic_ns
    with told.open("r+b") as opened, mmap(opened.fileno(), TOLD.size) as progress:
        began_s = time.monotonic()
        while turn * TURN_S < seconds:
            for _ in range(BURST):
                seq += 1
                record(kind, 1, seq, clock(), 1, 1)
            progress[:] = TOLD.pack(file.written // ENTRY_BYTES, seq)
            turn += 1
            time.sleep(max(0.0, began_s + turn * TURN_S - time.monotonic()))
    file.close()


def measure(setting: Setting) -> dict[str, Any]:
    """Measure the cost of a record at the rate, and kill the writer again and again."""
    seconds, rounds, kills = (0.5, 1, 1) if setting.quick else (SECONDS, ROUNDS, KILLS)
    rng = random.Random(setting.seed)
    with tempfile.TemporaryDirectory(prefix="blackstart-ledger-", dir=Path.cwd()) as folder:
        costs = [_cost(Path(folder) / f"cost-{n}", seconds) for n in range(rounds)]
        killed = [_killed(Path(folder) / str(n), 0.3 + rng.random() * seconds / 5) for n in range(kills)]
    return {"costs": costs, "killed": killed}


def _cost(base: Path, seconds: float) -> dict[str, float]:
    """Return what the writer takes of a core, and right after it what its loop takes alone."""
    records_per_s, whole = _share(base, seconds, base.with_suffix(".bin"))
    _, loop = _share(base, seconds)
    return {
        "records_per_s": round(records_per_s),
        "core_share": round(whole, 4),
        "loop_share": round(loop, 4),
        "ledger_share": round(whole - loop, 4),
    }


def _share(base: Path, seconds: float, *file: Path) -> tuple[float, float]:
    with _writing(base, seconds + MARGIN_S, *file) as (process, told):
        used, began_s, first = used_s(process.pid), time.monotonic(), told().appended
        time.sleep(seconds)
        used, elapsed_s, last = used_s(process.pid) - used, time.monotonic() - began_s, told().appended
    return (last - first) / elapsed_s, used / elapsed_s


def _killed(base: Path, after_s: float) -> dict[str, int]:
    """Kill the writer; every record that it knew to be on the disk must be in the file."""
    path = base.with_suffix(".bin")
    with _writing(base, 60.0, path) as (process, told):
        time.sleep(after_s)
        process.kill()
        process.wait()
        synced, appended = told()
    records, damage = read_records(path, RECORD)
    whole = len(records) and bool((records["seq"] == range(1, len(records) + 1)).all())
    return {
        "appended": appended,
        "synced": synced,
        "read_back": len(records) if whole else 0,
        "lost": max(0, synced - len(records)) if whole else synced,
        "cut_bytes": 0 if damage is None else damage.bytes,
    }


@contextmanager
def _writing(base: Path, seconds: float, *file: Path) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], Told]]]:
    """Let a writer run; yield it once it is under way, and how to ask how far it has got."""
    told = base.with_suffix(".told")
    told.write_bytes(bytes(TOLD.size))
    command = [sys.executable, "-m", "benchmarks.ledger_file", str(told), str(seconds), *map(str, file)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1]) as process:
        try:
            _await_first(process, told)
            yield process, lambda: _told(told)
        finally:
            process.kill()


def _await_first(process: subprocess.Popen[bytes], told: Path) -> None:
    while _told(told).appended == 0:
        if process.poll() is not None:
            raise BlackstartError(f"benchmark: the ledger's writer ended with {process.returncode} before it wrote")
        time.sleep(TURN_S)


def _told(path: Path) -> Told:
    return Told(*TOLD.unpack(path.read_bytes()))


def checks(measured: Measured) -> list[Check]:
    """Compare rate, cost and loss with what is wanted."""
    cost, killed = _median(measured["costs"]), measured["killed"]
    share, rate, lost = cost["core_share"], cost["records_per_s"], sum(row["lost"] for row in killed)
    return [
        Check(
            f">= {RATE_PER_S:,} ledger records/s at <= {MOST_SHARE:.0%} of a core",
            f"{rate:,} records/s at {share:.1%} ({cost['loop_share']:.1%} of it the loop that makes them up)",
            rate >= RATE_PER_S and share <= MOST_SHARE,
        ),
        Check(f"{len(killed)} times kill -9: nothing lost that was synced", f"{lost} lost", lost <= MOST_LOST),
    ]


def _median(costs: list[dict[str, float]]) -> dict[str, float]:
    return sorted(costs, key=itemgetter("core_share"))[len(costs) // 2]


def lines(measured: Measured) -> Iterator[str]:
    """Yield the section."""
    cost = _median(measured["costs"])
    yield (
        f"A process that appends acknowledgements ({ENTRY_BYTES} bytes, CRC-32), a burst every "
        f"{TURN_S * 1000:.0f} ms, synced by a thread every {LEDGER_FLUSH_S * 1000:.0f} ms: "
        f"{cost['records_per_s']:,} records/s at {cost['core_share']:.1%} of a core, system calls included. "
        f"{cost['loop_share']:.1%} of it are the loop that makes the records up, measured right after by the same "
        f"process without a file; the ledger takes the {cost['ledger_share']:.1%} left. The whole is the "
        f"median of {len(measured['costs'])} such pairs ({_shares(measured['costs'])}). Then the same, killed with "
        "SIGKILL at drawn instants, and read back.\n"
    )
    heads = (
        "appended (told last)",
        "of these known to be synced",
        "read back",
        "lost of the synced",
        "cut bytes at the end",
    )
    keys = ("appended", "synced", "read_back", "lost", "cut_bytes")
    yield from table(heads, ([f"{row[key]:,}" for key in keys] for row in measured["killed"]))


def _shares(costs: list[dict[str, float]]) -> str:
    return ", ".join(f"{cost['core_share']:.1%}" for cost in costs)


LEDGER = Part("ledger", "The ledger's file", measure, checks, lines, shape=2)

if __name__ == "__main__":
    _, given, lasting, *files = sys.argv
    write(Path(given), LedgerFile(Path(files[0])) if files else NoFile(), float(lasting))
