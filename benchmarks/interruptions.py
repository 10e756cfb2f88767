"""``make interruptions``: Ctrl-C in every phase of region-loss, kill -9 after every line of its undo log.

Writes docs/interruptions.md.
"""

import itertools
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.driver import Drill, Driver

DOCUMENT = Path(__file__).parents[1] / "docs/interruptions.md"
BEFORE = ("the service is steady", "the standby's database follows", "lose the primary region", "declare the disaster")
AFTER = (
    "promote the standby's database",
    "scale the standby up",
    "point the private records at the standby",
    "turn the traffic dials to the standby",
    "soak in the standby",
    "read the orders back from the standby",
    "end the region's loss",
    "restore the old primary's last state",
    "read the orders of the old primary",
    "discard what was restored",
    "failback began",
)


@dataclass(frozen=True)
class Row:
    """One interruption: when, by what, which commands put it right with which exit codes, and whether all is back."""

    moment: str
    signal: str
    codes: tuple[tuple[str, int], ...]
    unchanged: bool

    @property
    def right(self) -> bool:
        """Everything was put right, by the commands that the exit codes name."""
        last = self.codes[-1][1]
        return self.unchanged and last == (5 if self.codes == (("run", 5),) else 0)


def main() -> int:
    """Interrupt everywhere, write the document, and return 1 when anything was not put right."""
    # An orderly end of the lab, also for `kill`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="blackstart-interruptions-") as folder:
        driver = Driver(Path(folder))
        with driver.lab_up():
            for row in itertools.chain(by_hand(driver), by_force(driver)):
                rows.append(row)
                print(row, flush=True)
                if not row.unchanged:
                    break  # what follows would start from a broken lab
    DOCUMENT.write_text("\n".join(document(rows)) + "\n", encoding="utf-8")
    return 0 if all(row.right for row in rows) else 1


def by_hand(driver: Driver) -> Iterator[Row]:
    """Interrupt by Ctrl-C as soon as each phase begins."""
    for phase in (*BEFORE, *AFTER):
        before = driver.configuration()
        drill = driver.interrupted_drill(phase, signal.SIGINT)
        yield repaired(driver, drill, f"{phase} begins", "SIGINT", before)


def by_force(driver: Driver) -> Iterator[Row]:
    """Kill -9 after the first line of the undo log, after the second, and so on until a drill ends by itself."""
    for line in itertools.count(1):
        before = driver.configuration()
        drill = driver.killed_drill(line)
        if drill.exit_code == 0:
            return
        yield repaired(driver, drill, f"undo log: {moment(drill, line)}", "SIGKILL", before)


def repaired(driver: Driver, drill: Drill, at: str, by: str, before: dict[str, object]) -> Row:
    """Put things right by the commands, and compare the configuration."""
    codes = [("run", drill.exit_code)]
    if drill.exit_code == -signal.SIGKILL:
        codes.append(("restore", driver.command("restore", str(drill.run_dir)).returncode))
    if codes[-1][1] == 7:
        codes.append(("failback", driver.command("failback", str(drill.run_dir)).returncode))
    return Row(at, by, tuple(codes), driver.configuration() == before)


def moment(drill: Drill, line: int) -> str:
    """Say what the log's line tells of which act."""
    lines = [json.loads(text) for text in (drill.run_dir / "undo.jsonl").read_text().splitlines()]
    entry = lines[line - 1]
    acts = {each["id"]: each["action"].rpartition(".")[2] for each in lines if each["event"] == "intended"}
    return f"{acts.get(entry['id'], 'the plan')} {entry['event']}".removesuffix(" plan")


def document(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of docs/interruptions.md."""
    yield "# Interrupted everywhere\n"
    yield "Written by `make interruptions` from its own run. A drill of `region-loss` is stopped by Ctrl-C (SIGINT) as"
    yield "soon as each of its phases begins, and by kill -9 (SIGKILL) right after each line of its undo log; then the"
    yield "commands shown put things right, by the exit codes shown. *back* says whether the lab's whole configuration"
    yield "(dials, security groups, records, replica counts, database roles, links, faults) was afterwards what it had"
    yield "been before the drill.\n"
    yield f"{sum(row.right for row in rows)} of {len(rows)} interruptions were put right.\n"
    yield "| when | stopped by | commands and their exit codes | back |"
    yield "|---|---|---|---|"
    for row in rows:
        codes = ", ".join(f"{name} {code}" for name, code in row.codes)
        yield f"| {row.moment} | {row.signal} | {codes} | {'yes' if row.unchanged else '**no**'} |"


if __name__ == "__main__":
    sys.exit(main())
