"""The system a drill is run on: the one of a topology file, or the lab, which is started when it isn't up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from blackstart.outcome import UsageError


class Says(Protocol):
    """Who is told what is being started."""

    def phase(self, name: str) -> None:
        """Say that a phase begins."""


@dataclass
class System:
    """A system to drill. ``started`` names the lab that was started for the drill; ``keep`` leaves it up."""

    topology: Path
    started: str | None = None
    keep: bool = False


@contextmanager
def system(topology: Path | None, lab: str, says: Says) -> Iterator[System]:
    """Yield the system; a lab that was started here is stopped at the end, unless something in it is still to do."""
    if topology is not None:
        if not topology.is_file():
            state = "is not a file" if topology.exists() else "does not exist"
            raise UsageError(f"topology {topology} {state}: give a YAML file, or none for the lab")
        yield System(topology)
        return
    from blackstart.lab import door  # noqa: PLC0415 - the lab is optional: without it, a topology file is needed
    from blackstart.lab.specification import Specification  # noqa: PLC0415 - as above

    running = door.running(lab)
    if running is not None and not running.topology_path.exists():
        raise UsageError(f"lab {lab!r} is still coming up: wait for it (blackstart lab status), then run the drill")
    if running is not None:
        yield System(running.topology_path)
        return
    says.phase("starting the lab")
    found = System(door.up(Specification(name=lab)).topology_path, started=lab)
    try:
        yield found
    finally:
        if not found.keep:
            says.phase("stopping the lab")
            door.down(lab)


def stop(lab: str) -> None:
    """Stop a lab that a drill had started and left up."""
    from blackstart.lab import door  # noqa: PLC0415 - the lab is optional

    door.down(lab)
