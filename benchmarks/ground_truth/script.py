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
CYCLE_S = 0.1
"""A multiple of every interval that is measured, so that what is spread over it is spread over each of them."""


@dataclass(frozen=True)
class Planned:
    """One outage: ``calm_s`` after the one before was to end, it begins, and lasts for ``lasts_s``."""

    mode: str
    calm_s: float
    lasts_s: float


def draw(count: int, seed: int, lasts_s: tuple[float, float] = (1.0, 6.0), calm_s: float = 4.5) -> list[Planned]:
    """Return outages of all modes, equally often and in random order.

    Where in a probe's interval an outage begins and ends decides how wrong it is seen, so both are spread evenly over
    `CYCLE_S`, each in a random order of its own (a Latin hypercube): no observer's figures hang on the luck of a draw.
    The calm before each is drawn from a further second. A stall lasts longer than the SLO by half of it: a shorter one
    makes nobody wait too long and is no outage.
    """
    rng = random.Random(seed)
    modes = [NAMES[number % len(NAMES)] for number in range(count)]
    rng.shuffle(modes)
    planned: list[Planned] = []
    for mode, begins_s, ends_s in zip(modes, _spread(count, rng), _spread(count, rng), strict=True):
        now_s = length_s(planned)
        shortest_s = max(lasts_s[0], 1.5 * SLO_S) if mode == "stall" else lasts_s[0]
        # What a slow server took in before it was mended comes out up to so much later.
        calmest_s = calm_s + rng.random() + (SLOW_S if mode == "brown-out" else 0)
        calm = _until(now_s, calmest_s, begins_s)
        lasts = _until(now_s + calm, rng.uniform(shortest_s, lasts_s[1] - CYCLE_S), ends_s)
        planned.append(Planned(mode, round(calm, 6), round(lasts, 6)))
    return planned


def _spread(count: int, rng: random.Random) -> list[float]:
    """Return moments within the cycle, evenly spread from a random one on, in random order."""
    first_s = rng.random() * CYCLE_S
    moments_s = [(first_s + number * CYCLE_S / count) % CYCLE_S for number in range(count)]
    rng.shuffle(moments_s)
    return moments_s


def _until(now_s: float, least_s: float, moment_s: float) -> float:
    """Return how long it is, from now and after at least so long, until that moment of the cycle."""
    return least_s + (moment_s - now_s - least_s) % CYCLE_S


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
