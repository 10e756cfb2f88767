"""What was measured, stored a file a part, so that one part can be measured again without losing the others."""

import json
import os
import platform
import statistics
import sysconfig
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"


class Results:
    """The folder of the results: ``docs/benchmarks/<part>.json``."""

    def __init__(self, docs: Path = DOCS) -> None:
        self.document = docs / "benchmarks.md"
        self.folder = docs / "benchmarks"

    def put(self, part: str, measured: dict[str, Any], shape: int = 1) -> None:
        """Store what a part has measured, with when and on what machine."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"about": about(), "shape": shape, "measured": measured}, indent=1, allow_nan=False)
        self.write(f"{part}.json", text + "\n")

    def get(self, part: str, shape: int = 1) -> dict[str, Any] | None:
        """Return what was stored last; None for a part that was never measured in this shape."""
        path = self.folder / f"{part}.json"
        if not path.exists():
            return None
        found = dict(json.loads(path.read_text(encoding="utf-8")))
        return found if found["shape"] == shape else None

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        draft = path.with_name(path.name + ".part")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)


def about() -> dict[str, Any]:
    """Return when and on what this was measured: of two days' figures, which machine was slower."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "python_is_optimised": "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""),
        "additions_per_s": additions_per_s(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def additions_per_s(rounds: int = 5) -> int:
    """Return how many small numbers this interpreter adds up a second, in a loop of its own; the median of rounds."""
    count, took_s = 200_000, []
    for _ in range(rounds):
        began_s, total = time.process_time(), 0
        for number in range(count):
            total += number
        took_s.append(time.process_time() - began_s)
    return round(count / statistics.median(took_s))
