"""Where a promotion left the old writer's history, and what the old writer had committed beyond that point."""

import re
from dataclasses import dataclass
from pathlib import Path

from blackstart.lab.aurora.instance import SEGMENT_BYTES, Instance
from blackstart.lab.aurora.programs import output

_COMMIT = re.compile(rb"desc: COMMIT ")


@dataclass(frozen=True)
class Switch:
    """The promoted server took over ``timeline`` up to ``lsn`` and went on with one of its own."""

    timeline: int
    lsn: str


def switch_point(datadir: Path) -> Switch:
    """Return where the server's present timeline left its parent. Raises ``ValueError`` if it never was promoted."""
    history = max((datadir / "pg_wal").glob("*.history"))
    lines = [line.split("\t") for line in history.read_text().splitlines() if line.strip()]
    return Switch(int(lines[-1][0]), lines[-1][1])


async def commits_past(instance: Instance, switch: Switch) -> int | None:
    """Count the commits in a stopped instance's log past the switch, exactly; None where that part of it is gone.

    Read from the files, before the server is started again: its log ends where it was killed.
    """
    log = instance.datadir / "pg_wal"
    if not _reaches(log, switch):
        return None
    options = ["--path", str(log), "--timeline", str(switch.timeline), "--start", switch.lsn, "--rmgr", "Transaction"]
    # It always ends with an error: a killed server's log has no proper end.
    text = await output(
        instance.processes, f"waldump-{instance.region}", ["pg_waldump", *options], group=instance.region
    )
    return len(_COMMIT.findall(text))


def _reaches(log: Path, switch: Switch) -> bool:
    """Tell whether the switch lies in a segment that is there, or past all of them: then nothing follows it."""
    high, low = (int(part, 16) for part in switch.lsn.split("/"))
    wanted = f"{switch.timeline:08X}{high:08X}{low // SEGMENT_BYTES:08X}"
    there = [file.name for file in log.glob(f"{switch.timeline:08X}" + "?" * 16)]
    return wanted in there or all(name < wanted for name in there)
