"""Where a promotion left the old writer's history, and what the old writer had committed beyond that point."""

import re
from dataclasses import dataclass
from pathlib import Path

from blackstart.lab.aurora import timelines
from blackstart.lab.aurora.instance import Instance

_COMMIT = re.compile(rb"desc: COMMIT ")


@dataclass(frozen=True)
class Switch:
    """The promoted server took over ``timeline`` up to ``lsn`` and went on with one of its own."""

    timeline: int
    lsn: str


def switch_point(datadir: Path) -> Switch:
    """Return where the server's present timeline left its parent. Raises ``ValueError`` if it never was promoted."""
    *_, parent, _ = timelines.stretches(datadir / "pg_wal")
    assert parent.end is not None
    return Switch(parent.timeline, parent.end)


async def commits_past(instance: Instance, switch: Switch) -> int | None:
    """Count the commits in a stopped instance's log past the switch, exactly; None where that part of it is gone.

    Read from the files, before the server is started again: its log ends where it was killed. The writer may have been
    another instance of its region by then, on a timeline of its own.
    """
    count = 0
    for stretch in timelines.since(instance.log_folder, switch.timeline, switch.lsn):
        text = await timelines.records(instance, stretch, "Transaction")
        if text is None:
            return None
        count += len(_COMMIT.findall(text))
    return count
