"""A part of the benchmarks: measures something, says which bounds hold, and writes its section."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Measured = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    """How much is measured. ``quick`` is for tests: it says that everything works, and nothing about figures."""

    quick: bool = False
    seed: int = 0
    rounds: int = 5


@dataclass(frozen=True)
class Check:
    """A bound, the figure that was measured, and whether it holds."""

    bound: str
    figure: str
    holds: bool


@dataclass(frozen=True)
class Part:
    """One benchmark. All but ``measure`` are pure functions of what was measured; ``pictures`` are SVG by file name."""

    name: str
    title: str
    measure: Callable[[Setting], dict[str, Any]]
    checks: Callable[[Measured], list[Check]]
    lines: Callable[[Measured], Iterator[str]]
    shape: int = 1
    """Raised when ``measured`` changes its shape: what was stored before has to be measured again."""
    pictures: Callable[[Measured], Mapping[str, str]] = lambda _: {}
