"""Timelines: which stretches of log make up a server's history, and whose number is whose.

A promoted server goes on with a timeline of its own. It takes the next number that it knows nothing of, which may be
another's where the two promotions did not know of each other; so the numbers are given out here.
"""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from blackstart.lab.aurora.instance import SEGMENT_BYTES, Instance
from blackstart.lab.aurora.programs import output

_TAKEN = "# the timeline of another server of the global cluster\n"


@dataclass(frozen=True)
class Stretch:
    """The part of a history that was written on one timeline; ``end`` is None for the present one."""

    timeline: int
    start: str
    end: str | None


def position(lsn: str) -> int:
    """Return a log sequence number as the number of bytes that it stands for."""
    high, low = (int(part, 16) for part in lsn.split("/"))
    return (high << 32) + low


def stretches(log: Path) -> list[Stretch]:
    """Return the stretches of a server's history, oldest first; the last one is of its present timeline."""
    histories = {int(file.stem, 16): _forks(file) for file in log.glob("*.history")}
    present, forks = max(((number, forks) for number, forks in histories.items() if forks), default=(1, []))
    starts = ["0/0", *(lsn for _, lsn in forks)]
    parts = [*forks, (present, None)]
    return [Stretch(timeline, start, end) for (timeline, end), start in zip(parts, starts, strict=True)]


def since(log: Path, timeline: int, lsn: str) -> list[Stretch]:
    """Return the stretches from a position on a timeline to the present."""
    first, *later = (stretch for stretch in stretches(log) if stretch.timeline >= timeline)
    return [replace(first, start=lsn), *later]


def reserve(instance: Instance, others: list[Instance]) -> None:
    """Let the instance know which numbers are taken: to be called before each try to promote it."""
    for other in others:
        for history in other.log_folder.glob("*.history"):
            own = instance.log_folder / history.name
            if not own.exists():
                own.write_text(_TAKEN)


def hand_over(log: Path, other: Path, start: str, last: str) -> None:
    """Put a stopped server's log, from a position to its last record, into a standby's, which then replays it.

    Each file is replaced at once, so that whoever is killed meanwhile finds the one or the other.
    """
    # The last record may end in the next segment.
    first_segment, last_segment = position(start) // SEGMENT_BYTES, position(last) // SEGMENT_BYTES + 1
    for file in sorted(log.glob("?" * 24)):
        if first_segment <= _segment(file.name) <= last_segment:
            shutil.copy(file, draft := other / "handed-over")
            draft.replace(other / file.name)
    for file in log.glob("*.history"):
        if not (other / file.name).exists():
            shutil.copy(file, other / file.name)


def _segment(name: str) -> int:
    """Return a segment's place in the log, whatever its timeline."""
    return ((int(name[8:16], 16) << 32) + int(name[16:24], 16) * SEGMENT_BYTES) // SEGMENT_BYTES


async def records(instance: Instance, stretch: Stretch, kind: str | None = None) -> bytes | None:
    """Return the records of a stopped server's log in that stretch, in words; None where that part of it is gone."""
    if not _reaches(instance.log_folder, stretch):
        return None
    options = ["--path", str(instance.log_folder), "--timeline", str(stretch.timeline), "--start", stretch.start]
    options += ["--end", stretch.end] if stretch.end else []
    options += ["--rmgr", kind] if kind else []
    # It ends with an error where the log does: a killed server's has no proper end.
    name = f"waldump-{instance.region}"
    return await output(instance.processes, name, ["pg_waldump", *options], group=instance.region)


def _forks(history: Path) -> list[tuple[int, str]]:
    lines = [line.split("\t") for line in history.read_text().splitlines() if "\t" in line]
    return [(int(timeline), lsn) for timeline, lsn, *_ in lines]


def _reaches(log: Path, stretch: Stretch) -> bool:
    """Tell whether the stretch begins in a segment that is there, or past all of them: then nothing follows it."""
    high, low = divmod(position(stretch.start), 1 << 32)
    wanted = f"{stretch.timeline:08X}{high:08X}{low // SEGMENT_BYTES:08X}"
    there = [file.name for file in log.glob(f"{stretch.timeline:08X}" + "?" * 16)]
    return wanted in there or all(name < wanted for name in there)
