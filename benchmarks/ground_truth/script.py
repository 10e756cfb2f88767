"""The script of a run: which outages, when, for how long. Drawn from a seed, so that a run can be had again."""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.ground_truth.modes import MODES, SLOW_S

SLO_S = 1.0
"""What every observer calls good: the right answer within this time."""
NAMES = tuple(MODES)
MOST_OUTAGES, LONGEST_S = 200, 1800.0


@dataclass(frozen=True)
class Planned:
    """One outage: ``calm_s`` after the one before has ended, it begins, and lasts for ``lasts_s``."""

    mode: str
    calm_s: float
    lasts_s: float


def draw(count: int, seed: int, lasts_s: tuple[float, float] = (1.0, 6.0), calm_s: float = 4.5) -> list[Planned]:
    """Return outages of all modes, equally often and in random order.

    The calm before each is drawn from a further second, so that no observer's rhythm can meet the script's. A stall
    lasts longer than the SLO by half of it: a shorter one makes nobody wait too long and is no outage.
    """
    rng = random.Random(seed)
    modes = [NAMES[number % len(NAMES)] for number in range(count)]
    rng.shuffle(modes)
    return [_planned(mode, rng, lasts_s, calm_s) for mode in modes]


def _planned(mode: str, rng: random.Random, lasts_s: tuple[float, float], calm_s: float) -> Planned:
    shortest_s = max(lasts_s[0], 1.5 * SLO_S) if mode == "stall" else lasts_s[0]
    # What a slow server took in before it was mended comes out up to so much later.
    calm_s += SLOW_S if mode == "brown-out" else 0
    return Planned(mode, round(calm_s + rng.random(), 4), round(rng.uniform(shortest_s, lasts_s[1]), 4))


def length_s(script: Sequence[Planned]) -> float:
    """Return how long a script takes."""
    return sum(outage.calm_s + outage.lasts_s for outage in script)


def write(path: Path, script: Sequence[Planned]) -> None:
    path.write_text(json.dumps([asdict(outage) for outage in script]), encoding="utf-8")


def read(path: Path) -> list[Planned]:
    """Read a script. Raises ValueError for one that breaks its bounds."""
    script = [Planned(**outage) for outage in json.loads(path.read_text(encoding="utf-8"))]
    if unknown := {outage.mode for outage in script} - set(MODES):
        raise ValueError(f"{path}: no such mode: {', '.join(sorted(unknown))}; there are {', '.join(MODES)}")
    if len(script) > MOST_OUTAGES or length_s(script) > LONGEST_S:
        raise ValueError(f"{path}: at most {MOST_OUTAGES} outages and {LONGEST_S:.0f} s in all")
    return script
