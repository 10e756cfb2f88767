"""What the node did to pods and when exactly: a line each in a file, for the lab's status to tell."""

import json
from pathlib import Path
from typing import Any

from blackstart.clock import Clock
from blackstart.lab.kubernetes.objects.shape import Json, name

FILE = "truth.jsonl"


class Truth:
    """Appends to the file in ``folder``. ``what`` is ``pod started``, ``pod stopping`` or ``pod killed``."""

    def __init__(self, folder: Path, region: str, clock: Clock) -> None:
        self._file, self._region, self._clock = folder / FILE, region, clock

    def note(self, what: str, pod: Json) -> None:
        """Write down that this happens to the pod now; ``t`` is monotonic, in nanoseconds."""
        line = {"t": self._clock.now_ns(), "what": what, "region": self._region, "pod": name(pod)}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read(folder: Path) -> list[dict[str, Any]]:
    """Return all that was noted, oldest first; a line that is not whole yet is left out."""
    file = folder / FILE
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
