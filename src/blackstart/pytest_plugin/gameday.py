"""One test session's drills: what was asked for, what its processes share, and which system they are run on."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blackstart.drill.folder import REPORTS
from blackstart.outcome import UsageError
from blackstart.pytest_plugin import options
from blackstart.pytest_plugin.options import Options
from blackstart.pytest_plugin.shared import Shared

if TYPE_CHECKING:
    from blackstart.lab.door import LabHandle

LAB = "default"
PLAN = "drill plan"
"""The section of a test's report that holds the plan of a dry run."""
WORKER_KEY = "blackstart_shared"


@dataclass
class GameDay:
    """The drills of one session, in one of its processes."""

    config: pytest.Config
    shared: Shared
    has_drills: bool = False
    refusal: str | None = None
    """Why no drill of this session is run at all; None where all can be."""
    notes: list[str] = field(default_factory=list)
    """What is to be said at the session's end."""

    @cached_property
    def options(self) -> Options:
        return options.read(self.config)

    @property
    def reports(self) -> Path:
        """Where the runs' folders are made."""
        return self.options.reports or self.config.invocation_params.dir / REPORTS

    @cached_property
    def lab(self) -> "LabHandle":
        """The lab, started if none is up. Raises ``UsageError``."""
        from blackstart.lab import door  # noqa: PLC0415 - the lab is optional, and heavy
        from blackstart.lab.specification import Specification  # noqa: PLC0415 - as above

        with self.shared.lab_door():
            running = door.running(LAB)
            if running is not None:
                return self._fitting(running)
            # Not the constructor: what is not given follows from the timing profile.
            asked = Specification.from_json({"name": LAB, "timing": self.options.timing})
            started = door.up(asked)
            self.shared.started_lab = LAB
            return started

    @property
    def topology(self) -> Path:
        """The topology file of the system: the one that was given, else the lab's."""
        return self.options.topology or self.lab.topology_path

    def _fitting(self, running: "LabHandle") -> "LabHandle":
        if not running.topology_path.exists():
            raise UsageError(f"lab {LAB!r} is still coming up: wait for it (blackstart lab status), then run pytest")
        timing = running.record.specification.timing
        if self.options.timing not in (None, timing):
            raise UsageError(
                f"the lab that is up has timing {timing}, not {self.options.timing}: blackstart lab down, or leave "
                "--timing out"
            )
        return running


KEY = pytest.StashKey[GameDay]()


def of(config: pytest.Config) -> GameDay:
    """Return the session's drills."""
    return config.stash[KEY]


def is_worker(config: pytest.Config) -> bool:
    """Whether this process serves another one, which started the session and ends it."""
    return hasattr(config, "workerinput")
