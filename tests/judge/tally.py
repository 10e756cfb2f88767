"""What the simulations drew, a line a case, for whoever counts it: ``make simulations`` names the file."""

import json
import os
from collections.abc import Mapping, Sequence

from blackstart.judge.interval import NS, Interval


def cases(usual: int) -> int:
    """Return how many cases to draw."""
    return int(os.environ.get("BLACKSTART_CASES", usual))


def tell(
    simulation: str, had: Mapping[str, bool], stated: Mapping[str, Sequence[Interval | None]], untrue: Sequence[str]
) -> None:
    """Append one case: which features it had, how wide each stated figure's bounds were, and what was not true."""
    path = os.environ.get("BLACKSTART_SIMULATIONS")
    if path is None:
        return
    widths = {name: [(it.latest - it.earliest) / NS for it in all_ if it is not None] for name, all_ in stated.items()}
    case = {
        "simulation": simulation,
        "had": [name for name, has in had.items() if has],
        "could_have": list(had),
        "width_s": widths,
        "untrue": list(untrue),
    }
    with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - ten thousand times
        file.write(json.dumps(case) + "\n")
