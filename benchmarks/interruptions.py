"""``make interruptions``: Ctrl-C and kill -9 in every phase of region-loss; writes docs/interruptions.md."""

import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.driver import Driver

DOCUMENT = Path(__file__).parents[1] / "docs/interruptions.md"
BEFORE = ("the service is steady", "the standby's database follows", "lose the primary region", "declare the disaster")
BETWEEN = ("promote the standby's database",)
AFTER = (
    "scale the standby up",
    "point the private records at the standby",
    "turn the traffic dials to the standby",
    "soak in the standby",
    "read the orders back from the standby",
    "end the region's loss",
)
FAILBACK = ("failback began",)


@dataclass(frozen=True)
class Row:
    """One interruption: where, by what, which commands put it right with which exit codes, and whether all is back."""

    phase: str
    signal: str
    codes: tuple[tuple[str, int], ...]
    unchanged: bool
    right: bool


def main() -> int:
    """Interrupt everywhere, write the document, and return 1 when anything was not put right."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="blackstart-interruptions-") as folder:
        driver = Driver(Path(folder))
        with driver.lab_up():
            for phase in (*BEFORE, *BETWEEN, *AFTER, *FAILBACK):
                for number in (signal.SIGINT, signal.SIGKILL):
                    rows.append(interrupted(driver, phase, number))
                    print(rows[-1], flush=True)
    DOCUMENT.write_text("\n".join(document(rows)) + "\n", encoding="utf-8")
    return 0 if all(row.right and row.unchanged for row in rows) else 1


def interrupted(driver: Driver, phase: str, number: signal.Signals) -> Row:
    """Interrupt one drill in one phase, put things right by the commands, and compare the configuration."""
    before = driver.configuration()
    drill = driver.interrupted_drill(phase, number)
    codes = [("run", drill.exit_code)]
    if number is signal.SIGKILL:
        codes.append(("restore", driver.command("restore", str(drill.run_dir)).returncode))
    if codes[-1][1] == 7:
        codes.append(("failback", driver.command("failback", str(drill.run_dir)).returncode))
    held = 7 in dict(codes).values()
    expected = {BEFORE: {False}, BETWEEN: {False, True}, AFTER: {True}, FAILBACK: {False, True}}
    right = held in next(meant for phases, meant in expected.items() if phase in phases)
    right = right and codes[-1][1] in ((5,) if len(codes) == 1 else (0,))
    return Row(phase, number.name, tuple(codes), driver.configuration() == before, right)


def document(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of docs/interruptions.md."""
    yield "# Interrupted in every phase\n"
    yield "Written by `make interruptions` from its own run. A drill of `region-loss` is stopped as soon as the named"
    yield "phase begins, once by Ctrl-C (SIGINT) and once by kill -9; then the commands shown put things right. *back*"
    yield "says whether the lab's whole configuration (dials, security groups, records, replica counts, database roles,"
    yield "links, faults) was afterwards what it had been before the drill.\n"
    yield "| phase | stopped by | commands and their exit codes | as `docs/verdict.md` says | back |"
    yield "|---|---|---|---|---|"
    for row in rows:
        codes = ", ".join(f"{name} {code}" for name, code in row.codes)
        right, unchanged = ("yes" if good else "**no**" for good in (row.right, row.unchanged))
        yield f"| {row.phase} | {row.signal} | {codes} | {right} | {unchanged} |"


if __name__ == "__main__":
    sys.exit(main())
